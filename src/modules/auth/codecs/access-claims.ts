import { isUuid } from '../../../kernel/crypto/index.js';
import { PLATFORMS, type Platform } from '../platform.js';

/** The claims of an access token (RFC 9068 §2.2, with `sid`, `roles` and `platform` of our own). Times in epoch seconds. */
export interface AccessClaims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly client_id: 'likeness';
  readonly iat: number;
  readonly exp: number;
  readonly jti: string;
  readonly sid: string;
  /** As of the issue, for other services to read; this one reads the user's row. */
  readonly roles: readonly string[];
  readonly platform: Platform;
}

/** Whether a verified payload has the shape that we sign; issuer and audience are checked with the signature. */
export const isAccessClaims = (value: unknown): value is AccessClaims => {
  if (typeof value !== 'object' || value === null) return false;
  const claims = value as Record<string, unknown>;
  return (
    isUuid(claims.sub) &&
    isUuid(claims.sid) &&
    isUuid(claims.jti) &&
    claims.client_id === 'likeness' &&
    Number.isSafeInteger(claims.iat) &&
    Number.isSafeInteger(claims.exp) &&
    PLATFORMS.includes(claims.platform as Platform)
  );
};
