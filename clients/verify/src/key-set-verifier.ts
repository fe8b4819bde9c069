import { createRemoteJWKSet, customFetch, errors, importJWK, jwtVerify, type FetchImplementation, type JWK } from 'jose';
import type { Caller, TokenVerifier } from './caller.js';
import { callerFrom } from './claims.js';
import { Refusal } from './refusal.js';

export interface KeySetOptions {
  /** `TOKEN_ISSUER` of the service: the `iss` of its tokens, and where its key set is unless `jwksUrl` says otherwise. */
  readonly issuer: string;
  /** `TOKEN_AUDIENCE` of the service; its issuer unless given. */
  readonly audience?: string;
  readonly jwksUrl?: string;
  /** Only these algorithms, whatever a token says of itself (RFC 8725 §3.1). */
  readonly algorithms?: readonly ('ES256' | 'RS256')[];
  /** How long the key set may be kept; the service publishes a key an hour before it signs. */
  readonly maxAgeSeconds?: number;
  /** After a reading that did not have the key, how long unknown keys are refused without another. */
  readonly cooldownSeconds?: number;
  readonly timeoutMs?: number;
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

/** Of a compact JWS: three parts without padding. What is not of this form is not worth a look at the keys. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;
const MAX_TOKEN_LENGTH = 8_192;

/**
 * Checks tokens by the service's public keys, without asking it.
 *
 * Latency of revocation: until the token's own `exp` (`ACCESS_TOKEN_TTL_SECONDS`, 15 minutes unless set; tokens that an administrator issued: up to a year).
 * Logout, eviction, disabling and changed roles are not seen before. Where that is too long, use `introspectionVerifier`.
 * Availability: goes on while the service is away, as long as the keys that it has are fresh; then 503.
 */
export const keySetVerifier = (options: KeySetOptions): TokenVerifier => {
  const { issuer, audience = issuer, algorithms = ['ES256', 'RS256'] } = options;
  const keys = createRemoteJWKSet(new URL(options.jwksUrl ?? `${issuer.replace(/\/$/, '')}/.well-known/jwks.json`), {
    cacheMaxAge: (options.maxAgeSeconds ?? 300) * 1000,
    cooldownDuration: (options.cooldownSeconds ?? 30) * 1000,
    timeoutDuration: options.timeoutMs ?? 3_000,
    [customFetch]: readingKeys(options.fetch ?? fetch),
  });
  return {
    verify: async (token) => {
      if (token.length > MAX_TOKEN_LENGTH || !COMPACT.test(token) || !token.split('.').every(isCanonical)) throw Refusal.invalid();
      let caller: Caller | null;
      try {
        const { payload } = await jwtVerify(token, keys, { typ: 'at+jwt', algorithms: [...algorithms], issuer, audience, requiredClaims: ['sub', 'exp', 'iat', 'jti'] });
        caller = callerFrom(payload);
      } catch (error) {
        throw refusalOf(error);
      }
      if (!caller) throw Refusal.invalid();
      return caller;
    },
  };
};

/** Whether base64url says it in its one canonical way: spare bits of the last character would make other tokens of the same signature (RFC 4648 §3.5). */
const isCanonical = (part: string): boolean => Buffer.from(part, 'base64url').toString('base64url') === part;

const USUAL_ALGORITHMS: Readonly<Record<string, string>> = { EC: 'ES256', RSA: 'RS256' };

const isUsable = async (key: unknown): Promise<boolean> => {
  if (typeof key !== 'object' || key === null) return false;
  const jwk = key as JWK;
  return importJWK(jwk, jwk.alg ?? USUAL_ALGORITHMS[jwk.kty ?? '']).then(
    () => true,
    () => false,
  );
};

/** The key set without keys that cannot be read: one of them must not make the others useless, and a token that names it is not valid. */
const readingKeys =
  (send: NonNullable<KeySetOptions['fetch']>): FetchImplementation =>
  async (url, init) => {
    const response = await send(url, init);
    if (response.status !== 200) return response;
    const { keys } = (await response.json()) as { readonly keys?: unknown };
    if (!Array.isArray(keys)) throw new Error('The key set has no keys.');
    const usable = await Promise.all(keys.map(isUsable));
    return Response.json({ keys: keys.filter((_key, index) => usable[index]) });
  };

/** What is wrong with the token is 401; everything else is that its keys could not be had. */
const refusalOf = (error: unknown): Refusal => {
  if (error instanceof errors.JWTExpired) return Refusal.expired(error);
  const isAboutToken =
    error instanceof errors.JWTClaimValidationFailed ||
    error instanceof errors.JWTInvalid ||
    error instanceof errors.JWSInvalid ||
    error instanceof errors.JWSSignatureVerificationFailed ||
    error instanceof errors.JOSEAlgNotAllowed ||
    error instanceof errors.JOSENotSupported ||
    error instanceof errors.JWKSNoMatchingKey;
  return isAboutToken ? Refusal.invalid(error) : Refusal.unavailable(error);
};
