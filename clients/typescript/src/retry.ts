import { pause } from './pause.js';
import { problemCodeOf } from './problem-code.js';

export type Send = (request: Request) => Promise<Response>;

export interface RetryPolicy {
  /** How often a request is sent, at most. */
  readonly attempts: number;
  /** The longest that is waited before one more attempt; an answer that asks for more (`Retry-After`) is handed on at once. */
  readonly maxDelayMs: number;
}

export const DEFAULT_RETRIES: RetryPolicy = { attempts: 4, maxDelayMs: 10_000 };

export interface RetryOptions {
  readonly policy: RetryPolicy;
  /** Whether sending it twice does what sending it once does. */
  readonly isRepeatable: boolean;
  /** Whether it depends on a version (`If-Match`): a second one would be told 412 about the first. */
  readonly isConditional?: boolean;
  readonly signal?: AbortSignal;
}

const RETRIED_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const FIRST_DELAY_MS = 200;

/** Idempotent by RFC 9110 §9.2.2; a POST is when it carries an Idempotency-Key. */
export const isRepeatable = ({ method, headers }: { readonly method: string; readonly headers: Headers }): boolean =>
  ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS'].includes(method) || headers.has('idempotency-key');

/** Sends until it is answered with something final. Throws what `send` threw last. */
export const sendPatiently = async (makeRequest: () => Request, send: Send, options: RetryOptions): Promise<Response> => {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt >= options.policy.attempts || !options.isRepeatable;
    let delayMs: number | null;
    try {
      const response = await send(makeRequest());
      delayMs = isLast ? null : await delayAfter(response, attempt, options);
      if (delayMs === null) return response;
      await response.body?.cancel();
    } catch (error) {
      // Nobody knows whether a lost answer's request was carried out.
      if (isLast || options.isConditional || options.signal?.aborted) throw error;
      delayMs = backoff(attempt);
    }
    await pause(delayMs, options.signal);
  }
};

/** How long to wait before the next attempt; null: this answer stands. */
const delayAfter = async (response: Response, attempt: number, { policy, isConditional }: RetryOptions): Promise<number | null> => {
  const isBusy = RETRIED_STATUSES.has(response.status);
  const code = isBusy || response.status === 409 ? await problemCodeOf(response) : null;
  if (!isBusy && code !== 'idempotency.in_flight') return null;
  if (isConditional && (code === 'request.outcome_unknown' || response.status === 502 || response.status === 504)) return null;
  const delayMs = retryAfterMs(response.headers) ?? backoff(attempt);
  return delayMs <= policy.maxDelayMs ? delayMs : null;
};

/** RFC 9110 §10.2.3: seconds, or a moment by the server's clock. */
export const retryAfterMs = (headers: Headers): number | null => {
  const value = headers.get('retry-after')?.trim() ?? '';
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const [moment, now] = [Date.parse(value), Date.parse(headers.get('date') ?? '')];
  return Number.isNaN(moment) ? null : Math.max(0, moment - (Number.isNaN(now) ? Date.now() : now));
};

/** Doubling, and spread so that those who failed together do not come back together. */
const backoff = (attempt: number): number => FIRST_DELAY_MS * 2 ** (attempt - 1) * (0.5 + Math.random());
