import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { FencedHit } from '../../../kernel/cache/index.js';
import { IdGenerator } from '../../../kernel/clock/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import type { LimitRoom } from '../../../kernel/limits/index.js';
import { UsersService, type UserSnapshot } from '../../users/index.js';
import type { TokensDto } from '../accounts/tokens.dto.js';
import { refreshReused, refusedToken, sessionEnded, tokenMalformed } from '../auth.errors.js';
import { RefreshTokenCodec, type RefreshClaims } from '../codecs/refresh-token.codec.js';
import { objectionOf, refusalOf } from '../guard/session-standing.js';
import { TokenRepository, type LiveSessionSecret, type RefreshInput, type SeenSession, type SessionClient, type SessionSecret } from '../tokens/index.js';
import { SessionIssuer } from './session-issuer.service.js';

/** Each is some 2 KB with what is written out for it. */
const KNOWN_SESSIONS = 5_000;
/** A value stays in the cache for ten minutes: after so long it is likely still the same. */
const KNOWN_MS = 60_000;

/** What the last look at a session found. It decides nothing: the step that rotates asks the store whether all of it is still so (docs/decisions/0023). */
interface KnownSession {
  readonly seen: SeenSession;
  readonly entry: FencedHit;
}

/** Turns refresh tokens into new pairs by the table of guarantees §2. */
@Injectable()
export class RefreshService {
  private readonly seenLately = new LRUCache<string, KnownSession>({ max: KNOWN_SESSIONS, ttl: KNOWN_MS });

  constructor(
    private readonly tokens: TokenRepository,
    private readonly users: UsersService,
    private readonly issuer: SessionIssuer,
    private readonly codec: RefreshTokenCodec,
    private readonly ids: IdGenerator,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** The ordinary case alone: the current token of a session and a user who both stand. Null: something is otherwise, nothing was touched, and `refresh` says what. */
  async rotate(refreshToken: string, client: Pick<SessionClient, 'ipAddress' | 'userAgent'>, room: LimitRoom): Promise<TokensDto | null> {
    const claims = this.codec.decode(refreshToken);
    const known = claims && (this.seenLately.get(claims.sessionId) ?? (await this.look(claims)));
    // The store holds the salt against its own, in the step that rotates.
    if (!known || !claims.isAuthentic(known.seen.salt)) return null;
    const user = this.users.snapshotIn(known.entry) ?? (await this.users.snapshot(claims.userId, known.entry));
    if (!user || objectionOf(user, claims.sessionId, known.seen.userEpoch)) return null;
    const rotation = await this.tokens.rotate({ ...this.newTerms(), seen: known.seen, generation: claims.generation, client, room });
    if (rotation) return this.issuer.pair(user, rotation, known.seen.salt);
    this.seenLately.delete(claims.sessionId);
    return null;
  }

  async refresh(refreshToken: string, client: Pick<SessionClient, 'ipAddress' | 'userAgent'>): Promise<TokensDto> {
    const { claims, salt, userEpoch, entry } = await this.authentic(refreshToken);
    const user = await this.users.snapshot(claims.userId, entry);
    const objection = objectionOf(user, claims.sessionId, userEpoch);
    if (objection || !user) throw objection ?? sessionEnded();
    const result = await this.tokens.refresh({ ...claims, ...this.newTerms(), salt, client, graceSeconds: this.config.tokens.refreshGraceSeconds });
    if (result.outcome === 'reused') throw refreshReused();
    if (result.outcome === 'refused') throw await refusalOf(result.state, () => this.users.snapshot(claims.userId));
    return this.issuer.pair(user, result, salt);
  }

  /** What a refresh token of the current generation stands for, while it would be taken; 401 for any other. Times in epoch seconds. Changes nothing. */
  async inspect(refreshToken: string): Promise<{ user: UserSnapshot; sessionId: string; issuedAt: number; expiresAt: number }> {
    const { claims, userEpoch, generation, issuedAt, expiresAt, entry } = await this.authentic(refreshToken);
    const user = await this.users.snapshot(claims.userId, entry);
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

  private newTerms(): Pick<RefreshInput, 'newTokenId' | 'accessTtlSeconds' | 'idleTtlSeconds'> {
    const { accessTtlSeconds, sessionIdleTtlSeconds } = this.config.tokens;
    return { newTokenId: this.ids.next(), accessTtlSeconds, idleTtlSeconds: sessionIdleTtlSeconds };
  }

  /** Null: not live, or the user is not in the cache. */
  private async look({ userId, sessionId, endsAt }: RefreshClaims): Promise<KnownSession | null> {
    const secret = await this.tokens.sessionSecret(userId, sessionId, endsAt);
    if (secret.state !== 'live' || !secret.entry?.hit) return null;
    const { salt, userEpoch, entry } = secret;
    const known = { seen: { userId, sessionId, salt, userEpoch, entryStamp: entry.stamp }, entry };
    this.seenLately.set(sessionId, known);
    return known;
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
