import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64Url } from '../../../kernel/crypto/index.js';
import { legacyTokenOf, type LegacyToken } from './legacy-token.js';

/** The old server's tokens have about 300. */
const MAX_TOKEN_CHARS = 4096;

interface Parts {
  readonly signed: string;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

/** Three canonical base64url parts whose header says HS256 and no more than golang-jwt writes; null for anything else. */
const partsOf = (token: string): Parts | null => {
  if (token.length > MAX_TOKEN_CHARS) return null;
  const texts = token.split('.');
  if (texts.length !== 3) return null;
  const [header, payload, signature] = texts.map((text) => (text === '' ? null : decodeBase64Url(text)));
  if (!header || !payload || !signature || !isLegacyHeader(header)) return null;
  return { signed: `${texts[0]}.${texts[1]}`, payload, signature };
};

const parsed = (json: Buffer): unknown => {
  try {
    return JSON.parse(json.toString('utf8'));
  } catch {
    return null;
  }
};

const isLegacyHeader = (json: Buffer): boolean => {
  const header = parsed(json);
  if (typeof header !== 'object' || header === null) return false;
  const { alg, typ, ...rest } = header as Record<string, unknown>;
  return alg === 'HS256' && typ === 'JWT' && Object.keys(rest).length === 0;
};

/** Whether a token could be the old server's, by its header alone: ours never are, so neither verifier sees the other's. */
export const looksLegacy = (token: string): boolean => partsOf(token) !== null;

/**
 * Checks the old server's tokens: HS256 (RFC 7515 §A.1) under its secret, and nothing else. It stands apart from the verifier of
 * our own tokens, which knows neither the algorithm nor the secret. Whether a token still lives is the store's to say.
 */
export class LegacyTokenVerifier {
  constructor(private readonly secret: string) {}

  /** Null when it is not one of that server's. */
  verify(token: string): LegacyToken | null {
    const parts = partsOf(token);
    if (!parts) return null;
    const expected = createHmac('sha256', this.secret).update(parts.signed).digest();
    if (parts.signature.length !== expected.length || !timingSafeEqual(parts.signature, expected)) return null;
    return legacyTokenOf(token, parsed(parts.payload));
  }
}
