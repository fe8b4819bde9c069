import { abortable } from './pause.js';
import { problemCodeOf } from './problem-code.js';
import { RepeatableRequest } from './repeatable-request.js';
import { isRepeatable, sendPatiently, type RetryPolicy, type Send } from './retry.js';
import type { Session } from './session.js';
import type { paths, SignedOutReason } from './types.js';

/** Nobody has to be signed in for these; asking for a token first would be a round trip for nothing. */
const WITHOUT_TOKEN: ReadonlySet<string> = new Set<keyof paths>([
  '/v1/auth/register',
  '/v1/auth/login',
  '/v1/auth/refresh',
  '/v1/auth/logout',
  '/v1/auth/password/forgot',
  '/v1/auth/password/reset',
  '/v1/auth/email/verify',
  '/.well-known/jwks.json',
  '/.well-known/oauth-authorization-server',
  '/health/live',
  '/health/ready',
  '/oauth/token',
]);

/** The session lives, only this token is good no more: a refresh cures it. */
const CURED_BY_REFRESH: ReadonlySet<string> = new Set(['auth.token_expired', 'auth.token_revoked', 'auth.token_unknown', 'auth.token_malformed']);
/** The session is over: asking again changes nothing. */
const FINAL: ReadonlySet<string> = new Set(['auth.session_evicted', 'auth.session_ended', 'auth.user_disabled']);

type TokenOrAnswer = { readonly token: string | null } | { readonly answer: Response };

/** A fetch that sends the access token with each request, has it replaced in time, and is patient with a busy service. */
export class AuthorisedFetch {
  constructor(
    private readonly baseUrl: string,
    private readonly session: Session,
    private readonly policy: RetryPolicy,
  ) {}

  /** `send` does the sending: fetch, or an XMLHttpRequest that tells its progress. */
  async fetch(original: Request, send: Send): Promise<Response> {
    const request = await RepeatableRequest.of(original);
    if (request.headers.has('authorization') || WITHOUT_TOKEN.has(this.pathOf(original))) return this.sendWith(null, request, send);
    const first = await this.freshToken(request.signal);
    if ('answer' in first) return first.answer;
    return this.sendUntilAccepted(first.token, request, send);
  }

  /** A token that is good for a while; null when nobody is signed in. An answer: the refresh that was needed got it. */
  async freshToken(signal?: AbortSignal): Promise<TokenOrAnswer> {
    await abortable(this.session.load(), signal);
    const held = this.session.tokens;
    if (!held || !this.session.isEnding(held) || !this.session.canRefresh) return { token: held?.accessToken ?? null };
    try {
      const replaced = await this.replace(held.accessToken, signal);
      // It ends soon, and has not ended yet.
      return 'answer' in replaced && this.session.tokens && !this.session.isOver(held) ? { token: held.accessToken } : replaced;
    } catch (error) {
      if (signal?.aborted || this.session.isOver(held)) throw error;
      return { token: held.accessToken };
    }
  }

  private async sendUntilAccepted(first: string | null, request: RepeatableRequest, send: Send): Promise<Response> {
    let token = first;
    for (let round = 1; ; round++) {
      const response = await this.sendWith(token, request, send);
      const code = response.status === 401 && token !== null ? await problemCodeOf(response) : null;
      if (token === null || code === null) return response;
      const next = await this.tokenAfter(code, token, round, request.signal);
      if (next === null) return response;
      if ('answer' in next) return next.answer;
      token = next.token;
    }
  }

  /** What to try after a token was refused; null: the refusal stands. */
  private async tokenAfter(code: string, refused: string, round: number, signal: AbortSignal): Promise<TokenOrAnswer | null> {
    const isCurable = CURED_BY_REFRESH.has(code);
    if (!isCurable && !FINAL.has(code)) return null; // about something else, such as a password
    const held = this.session.tokens;
    if (!held || round > 2) return null;
    if (held.accessToken !== refused) return { token: held.accessToken }; // replaced while this request was on its way
    if (isCurable && this.session.canRefresh && round === 1) return this.replace(refused, signal);
    await this.session.end(code as SignedOutReason);
    return null;
  }

  private async replace(stale: string, signal?: AbortSignal): Promise<TokenOrAnswer> {
    const outcome = await abortable(this.session.refresh(stale), signal);
    return outcome.kind === 'refreshed' ? { token: outcome.tokens.accessToken } : { answer: outcome.answer.toResponse() };
  }

  private sendWith(token: string | null, request: RepeatableRequest, send: Send): Promise<Response> {
    return sendPatiently(() => request.toRequest(token), send, {
      policy: this.policy,
      isRepeatable: isRepeatable(request),
      isConditional: request.headers.has('if-match'),
      signal: request.signal,
    });
  }

  private pathOf({ url }: Request): string {
    return new URL(url).pathname.slice(new URL(this.baseUrl).pathname.replace(/\/$/, '').length);
  }
}
