import { decodeBase64Url } from '../../../kernel/crypto/index.js';

/** Longer than any token we sign; what is longer is refused unread. */
const MAX_TOKEN_CHARS = 4096;

export interface JwsHeader {
  readonly kid: string;
  readonly alg: string;
}

/**
 * The header of a compact JWS of exactly our making: three canonical base64url parts, `typ` at+jwt (RFC 9068 §2.1) and
 * nothing in the header but `typ`, `alg` and `kid`, so that no `jku`, `jwk`, `x5u` or `crit` is ever looked at (RFC 8725 §3.10).
 * Null for anything else.
 */
export const readJwsHeader = (token: string): JwsHeader | null => {
  if (token.length > MAX_TOKEN_CHARS) return null;
  const parts = token.split('.');
  if (parts.length !== 3) return null;
  const [header, payload, signature] = parts.map((part) => (part === '' ? null : decodeBase64Url(part)));
  return header && payload && signature ? headerFields(header.toString('utf8')) : null;
};

const headerFields = (json: string): JwsHeader | null => {
  try {
    const header = JSON.parse(json) as Record<string, unknown> | null;
    if (typeof header !== 'object' || header === null) return null;
    const { typ, alg, kid, ...rest } = header;
    if (typ !== 'at+jwt' || typeof alg !== 'string' || typeof kid !== 'string' || Object.keys(rest).length > 0) return null;
    return { alg, kid };
  } catch {
    return null;
  }
};
