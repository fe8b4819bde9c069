import { createHash } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { Caller, TokenVerifier } from './caller.js';
import { callerFrom } from './claims.js';
import { Refusal } from './refusal.js';

export interface IntrospectionOptions {
  /** `TOKEN_ISSUER` of the service: the `iss` of its tokens, and where it is asked unless `introspectionUrl` says otherwise. */
  readonly issuer: string;
  /** `TOKEN_AUDIENCE` of the service; its issuer unless given. */
  readonly audience?: string;
  readonly introspectionUrl?: string;
  /** An API key with the scope `tokens:introspect`. */
  readonly apiKey: string;
  readonly timeoutMs?: number;
  /** Good answers may be kept for so long, at most as many: revocation is seen that much later. Without it, every request asks. */
  readonly cache?: { readonly maxAgeMs: number; readonly maxTokens: number };
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response>;
}

const MAX_TOKEN_LENGTH = 8_192;
const TOKEN = /^[\w.~+/=-]+$/;

/**
 * Asks the service about every token (RFC 7662).
 *
 * Latency of revocation: none. A token that was revoked, evicted, logged out, or whose user was disabled before the request began is refused. With `cache`: at most `maxAgeMs`.
 * Availability: that of the service; when it cannot be asked, 503.
 */
export const introspectionVerifier = (options: IntrospectionOptions): TokenVerifier => {
  const cache = options.cache ? new LRUCache<string, Caller>({ max: options.cache.maxTokens, ttl: options.cache.maxAgeMs }) : null;
  return {
    verify: async (token) => {
      if (token.length > MAX_TOKEN_LENGTH || !TOKEN.test(token)) throw Refusal.invalid();
      const key = cache ? createHash('sha256').update(token).digest('base64url') : '';
      const kept = cache?.get(key);
      if (kept && kept.expiresAt.getTime() > Date.now()) return kept;
      const caller = callerOf(await ask(token, options), options);
      // Never past its own end; refusals are not kept, so that a token is not refused longer than it must be.
      if (cache && options.cache) cache.set(key, caller, { ttl: Math.max(1, Math.min(options.cache.maxAgeMs, caller.expiresAt.getTime() - Date.now())) });
      return caller;
    },
  };
};

const ask = async (token: string, options: IntrospectionOptions): Promise<Record<string, unknown>> => {
  const url = options.introspectionUrl ?? `${options.issuer.replace(/\/$/, '')}/oauth/introspect`;
  const send = options.fetch ?? fetch;
  try {
    const response = await send(url, {
      method: 'POST',
      redirect: 'error',
      headers: { authorization: `Bearer ${options.apiKey}`, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
      body: new URLSearchParams({ token, token_type_hint: 'access_token' }).toString(),
      signal: AbortSignal.timeout(options.timeoutMs ?? 3_000),
    });
    // Ours is the key that is wrong here, not the caller's token.
    if (response.status !== 200) throw new Error(`Introspection was answered ${response.status}.`);
    const body: unknown = await response.json();
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Error('Introspection was answered with something else than an object.');
    return body as Record<string, unknown>;
  } catch (error) {
    throw Refusal.unavailable(error);
  }
};

const callerOf = (answer: Record<string, unknown>, { issuer, audience = issuer }: IntrospectionOptions): Caller => {
  const { active, token_type: type, iss, aud } = answer;
  const caller = callerFrom(answer);
  // A refresh token is active too, and nobody is let in with it.
  if (active !== true || type !== 'Bearer' || !caller) throw Refusal.invalid();
  if (iss !== issuer || !(Array.isArray(aud) ? aud : [aud]).includes(audience)) throw Refusal.invalid();
  return caller;
};
