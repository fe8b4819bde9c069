import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { requestInvalid } from '../../../kernel/errors/index.js';
import { CLEARED_REFRESH_COOKIE, refreshCookie, refreshCookieOf, requestMeta } from '../../../kernel/http/index.js';
import type { TokensDto } from '../accounts/tokens.dto.js';
import { LimitedRefresh } from '../sessions/limited-refresh.service.js';
import { LogoutService } from '../sessions/logout.service.js';
import { originRefused } from './cookies.errors.js';
import type { Transport } from './transport.js';

export interface SignIn {
  readonly transport: Transport | undefined;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

const isJson = ({ headers }: FastifyRequest): boolean => /^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '');

const isoSeconds = (time: string): number => Math.floor(Date.parse(time) / 1000);

/** By the store's clock, as all of the pair: it ends with the session. */
const maxAgeSeconds = ({ refreshTokenExpiresAt, accessTokenExpiresAt, expiresIn }: TokensDto): number =>
  Math.max(0, isoSeconds(refreshTokenExpiresAt) - (isoSeconds(accessTokenExpiresAt) - expiresIn));

/**
 * Refresh tokens as a cookie, for pages in a browser. A cookie comes along by itself, so it counts only with what no other
 * site's page can send: a JSON content type and an Origin that is allowed. What a client says in words (a bearer header, a
 * `refreshToken` in the body) goes before its cookie, and needs neither.
 */
@Injectable()
export class RefreshCookies {
  private readonly origins: ReadonlySet<string>;

  constructor(
    private readonly refreshing: LimitedRefresh,
    private readonly logouts: LogoutService,
    @Inject(APP_CONFIG) { http }: AppConfig,
  ) {
    this.origins = new Set([...http.ownOrigins, ...http.allowedOrigins]);
  }

  /** Signs in, and hands the refresh token over as was asked; 403 before anything is done where a cookie is not allowed. */
  async signIn<T>({ transport, request, reply }: SignIn, sign: () => Promise<T>, tokensOf: (answer: T) => TokensDto): Promise<T> {
    if (transport !== 'cookie') return sign();
    this.requireOwnPage(request);
    const answer = await sign();
    moveToCookie(tokensOf(answer), reply);
    return answer;
  }

  /**
   * The token of the body, answered in the body; without one that of the cookie, answered in the cookie. An allowed page without either is
   * answered 204: its scripts cannot see whether there is a cookie, so asking is no error.
   */
  async refresh(refreshToken: string | undefined, request: FastifyRequest, reply: FastifyReply): Promise<TokensDto | undefined> {
    reply.code(200);
    if (refreshToken !== undefined) return this.refreshing.refresh(refreshToken, requestMeta(request));
    const cookie = refreshCookieOf(request.headers.cookie);
    if (cookie === undefined && this.isOwnPage(request)) {
      reply.code(204);
      return undefined;
    }
    if (cookie === undefined) throw requestInvalid([{ field: 'refreshToken', code: 'is_required', message: 'refreshToken is needed, or the refresh cookie' }]);
    this.requireOwnPage(request);
    return moveToCookie(await this.refreshing.refresh(cookie, requestMeta(request)), reply);
  }

  /** Ends the session of the bearer token, else of the body's refresh token, else of the cookie; from an allowed page the cookie goes. */
  async logout(refreshToken: string | undefined, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const cookie = refreshCookieOf(request.headers.cookie);
    const isOwnPage = cookie !== undefined && this.isOwnPage(request);
    const { authorization } = request.headers;
    if (cookie !== undefined && !isOwnPage && authorization === undefined && refreshToken === undefined) throw originRefused();
    await this.logouts.logout(authorization, refreshToken ?? (isOwnPage ? cookie : undefined));
    if (isOwnPage) reply.header('set-cookie', CLEARED_REFRESH_COOKIE);
  }

  private requireOwnPage(request: FastifyRequest): void {
    if (!this.isOwnPage(request)) throw originRefused();
  }

  private isOwnPage(request: FastifyRequest): boolean {
    const { origin } = request.headers;
    return isJson(request) && origin !== undefined && this.origins.has(origin);
  }
}

const moveToCookie = (tokens: TokensDto, reply: FastifyReply): TokensDto => {
  reply.header('set-cookie', refreshCookie(tokens.refreshToken!, maxAgeSeconds(tokens)));
  delete tokens.refreshToken;
  return tokens;
};
