import { problemCodeOf } from './problem-code.js';
import { sendPatiently, type RetryPolicy, type Send } from './retry.js';
import type { HeldTokens } from './token-store.js';
import type { SignedOutReason, Tokens } from './types.js';

export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly tokens: HeldTokens }
  /** The session is over. */
  | { readonly kind: 'refused'; readonly reason: SignedOutReason; readonly answer: KeptAnswer }
  /** Too many attempts, or the service is away: the session may go on later. */
  | { readonly kind: 'failed'; readonly answer: KeptAnswer };

/** An answer that can be given to everyone who waited for it. */
export interface KeptAnswer {
  toResponse(): Response;
}

export interface RefreshRequest {
  readonly baseUrl: string;
  /** Null: it is a cookie. */
  readonly refreshToken: string | null;
  readonly send: Send;
  readonly policy: RetryPolicy;
}

/**
 * Three attempts begin within 9 seconds: below the service's default grace of 10, inside which a repeated request is answered with the same pair.
 * A later one could be taken for a thief's, and end the session.
 */
const ATTEMPT_MS = 3_500;
const ATTEMPTS = 3;
const MAX_DELAY_MS = 1_000;

/**
 * One rotation. A lost answer is asked for again at once: inside the grace the service repeats it (after that it would take the token for a stolen one).
 * Throws when nobody answers.
 */
export const refreshTokens = async ({ baseUrl, refreshToken, send, policy }: RefreshRequest): Promise<RefreshOutcome> => {
  let sentAtMs = Date.now();
  const makeRequest = (): Request => {
    sentAtMs = Date.now();
    return new Request(`${baseUrl}/v1/auth/refresh`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(refreshToken === null ? {} : { refreshToken }),
      credentials: refreshToken === null ? 'include' : 'omit',
      signal: AbortSignal.timeout(ATTEMPT_MS),
    });
  };
  // The body too: an answer cut short is a lost one.
  const whole: Send = async (request) => {
    const response = await send(request);
    const body = await response.arrayBuffer();
    // A 204 must not have any.
    return new Response(body.byteLength > 0 ? body : null, { status: response.status, statusText: response.statusText, headers: response.headers });
  };
  const response = await sendPatiently(makeRequest, whole, { policy: { attempts: Math.min(policy.attempts, ATTEMPTS), maxDelayMs: Math.min(policy.maxDelayMs, MAX_DELAY_MS) }, isRepeatable: true });
  // There was no cookie: nobody is signed in here. Services before 0.2 said it by 400.
  if (refreshToken === null && (response.status === 204 || response.status === 400)) return { kind: 'refused', reason: 'auth.token_missing', answer: { toResponse: tokenMissing } };
  if (response.ok) return { kind: 'refreshed', tokens: { ...((await response.json()) as Tokens), receivedAtMs: sentAtMs } };
  const answer = { toResponse: () => response.clone() };
  const code = await problemCodeOf(response);
  if (response.status === 401 && isReason(code)) return { kind: 'refused', reason: code, answer };
  return { kind: 'failed', answer };
};

/** What the service would say to the request that needed a token. */
const tokenMissing = (): Response =>
  Response.json({ type: 'about:blank', title: 'Auth token missing', status: 401, detail: 'Nobody is signed in.', code: 'auth.token_missing' }, { status: 401, headers: { 'content-type': 'application/problem+json' } });

const isReason = (code: string | null): code is SignedOutReason => code !== null && code.startsWith('auth.');
