import { Inject, Injectable } from '@nestjs/common';
import { IdGenerator } from '../../../kernel/clock/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { UsersService, type UserSnapshot } from '../../users/index.js';
import type { TokensDto } from '../accounts/tokens.dto.js';
import { refreshReused, refusedToken, sessionEnded, tokenMalformed } from '../auth.errors.js';
import { RefreshTokenCodec, type RefreshClaims } from '../codecs/refresh-token.codec.js';
import { objectionOf, refusalOf } from '../guard/session-standing.js';
import { TokenRepository, type LiveSessionSecret, type SessionClient, type SessionSecret } from '../tokens/index.js';
import { SessionIssuer } from './session-issuer.service.js';

/** Turns refresh tokens into new pairs by the table of guarantees §2. */
@Injectable()
export class RefreshService {
  constructor(
    private readonly tokens: TokenRepository,
    private readonly users: UsersService,
    private readonly issuer: SessionIssuer,
    private readonly codec: RefreshTokenCodec,
    private readonly ids: IdGenerator,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async refresh(refreshToken: string, client: Pick<SessionClient, 'ipAddress' | 'userAgent'>): Promise<TokensDto> {
    const { claims, salt, userEpoch } = await this.authentic(refreshToken);
    const user = await this.users.snapshot(claims.userId);
    const objection = objectionOf(user, claims.sessionId, userEpoch);
    if (objection || !user) throw objection ?? sessionEnded();
    const result = await this.tokens.refresh({
      ...claims,
      salt,
      client,
      newTokenId: this.ids.next(),
      accessTtlSeconds: this.config.tokens.accessTtlSeconds,
      idleTtlSeconds: this.config.tokens.sessionIdleTtlSeconds,
      graceSeconds: this.config.tokens.refreshGraceSeconds,
    });
    if (result.outcome === 'reused') throw refreshReused();
    if (result.outcome === 'refused') throw await refusalOf(result.state, () => this.users.snapshot(claims.userId));
    return this.issuer.pair(user, result, salt);
  }

  /** What a refresh token of the current generation stands for, while it would be taken; 401 for any other. Times in epoch seconds. Changes nothing. */
  async inspect(refreshToken: string): Promise<{ user: UserSnapshot; sessionId: string; issuedAt: number; expiresAt: number }> {
    const { claims, userEpoch, generation, issuedAt, expiresAt } = await this.authentic(refreshToken);
    const user = await this.users.snapshot(claims.userId);
    const objection = objectionOf(user, claims.sessionId, userEpoch);
    if (objection || !user) throw objection ?? sessionEnded();
    if (claims.generation !== generation) throw refusedToken('unknown');
    return { user, sessionId: claims.sessionId, issuedAt, expiresAt };
  }

  /**
   * Ends the session of a refresh token of any generation: who can make one owns it. One that is over is refused, but only once replicas
   * that must hold its end have it: whoever was told that the outcome is not known asks again.
   */
  async endSessionOf(refreshToken: string): Promise<void> {
    const { claims, secret } = await this.known(refreshToken);
    await this.tokens.endSession(claims.userId, claims.sessionId, 'ended');
    if (secret.state !== 'live') throw refusedToken(secret.state);
  }

  private async authentic(refreshToken: string): Promise<LiveSessionSecret & { claims: RefreshClaims }> {
    const { claims, secret } = await this.known(refreshToken);
    if (secret.state !== 'live') throw await refusalOf(secret.state, () => this.users.snapshot(claims.userId));
    return { ...secret, claims };
  }

  /** Session ids are public, so nothing is touched before the MAC is found good. */
  private async known(refreshToken: string): Promise<{ claims: RefreshClaims; secret: Extract<SessionSecret, { salt: string }> }> {
    const decoded = this.codec.decode(refreshToken);
    if (!decoded) throw tokenMalformed();
    const { isAuthentic, ...claims } = decoded;
    const secret = await this.tokens.sessionSecret(claims.userId, claims.sessionId, claims.endsAt);
    if (!('salt' in secret)) throw refusedToken(secret.state === 'lapsed' ? 'expired' : 'unknown');
    if (!isAuthentic(secret.salt)) throw tokenMalformed();
    return { claims, secret };
  }
}
