import { createHash, randomBytes } from 'node:crypto';
import { decodeBase64Url } from '../../../kernel/crypto/index.js';
import { checksumOf, withoutChecksum } from '../codecs/checksum.js';

export const TOKEN_PURPOSES = ['password_reset', 'email_verification'] as const;
export type TokenPurpose = (typeof TOKEN_PURPOSES)[number];

const PREFIXES: Readonly<Record<TokenPurpose, string>> = { password_reset: 'lp_', email_verification: 'lv_' };
const SECRET_BYTES = 32;

/** `lp_` or `lv_`, 32 random bytes in base64url, a checksum: found by secret scanners, guessed by nobody. */
export const newOneTimeToken = (purpose: TokenPurpose): string => {
  const text = PREFIXES[purpose] + randomBytes(SECRET_BYTES).toString('base64url');
  return text + checksumOf(text);
};

/** What is stored of a token; null for what was never one of this purpose, so that nothing needs to be looked up. */
export const digestOfOneTimeToken = (purpose: TokenPurpose, token: string): Buffer | null => {
  const body = token.startsWith(PREFIXES[purpose]) ? withoutChecksum(token) : null;
  const secret = body === null ? null : decodeBase64Url(body.slice(PREFIXES[purpose].length));
  return secret?.length === SECRET_BYTES ? createHash('sha256').update(token).digest() : null;
};
