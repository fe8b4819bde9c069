import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { IdGenerator } from '../../../kernel/clock/index.js';
import { APP_CONFIG, type AppConfig, type LoginPolicy } from '../../../kernel/config/index.js';
import { AdminTokenDto, TokensDto } from '../accounts/tokens.dto.js';
import { sessionLimit } from '../auth.errors.js';
import { AccessTokenCodec } from '../codecs/access-token.codec.js';
import { RefreshTokenCodec } from '../codecs/refresh-token.codec.js';
import { isoFromEpochSeconds } from '../epoch-seconds.js';
import { TokenRepository, type AccessGrant, type SessionClient, type SessionRecord } from '../tokens/index.js';

const SALT_BYTES = 16;

/** Whom tokens are for: the user's row as it was read before the credentials were checked. */
export interface TokenSubject {
  readonly userId: string;
  readonly roles: readonly string[];
  readonly sessionEpoch: number;
}

export interface RefreshablePair {
  readonly access: AccessGrant;
  readonly session: Pick<SessionRecord, 'id' | 'platform' | 'idleExpiresAt' | 'expiresAt'>;
  readonly generation: number;
}

/** Starts sessions and writes their tokens. */
@Injectable()
export class SessionIssuer {
  constructor(
    private readonly tokens: TokenRepository,
    private readonly accessTokens: AccessTokenCodec,
    private readonly refreshTokens: RefreshTokenCodec,
    private readonly ids: IdGenerator,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** A new session under the login policy; `auth.session_limit` (403) when it denies. */
  async start(subject: TokenSubject, client: SessionClient): Promise<TokensDto> {
    const { accessTtlSeconds, sessionIdleTtlSeconds, sessionMaxTtlSeconds } = this.config.tokens;
    const salt = randomBytes(SALT_BYTES).toString('base64url');
    const issued = await this.tokens.issue({
      ...this.newRef(subject),
      client,
      policy: this.policyFor(subject.roles),
      accessTtlSeconds,
      idleTtlSeconds: sessionIdleTtlSeconds,
      maxTtlSeconds: sessionMaxTtlSeconds,
      salt,
    });
    if (issued.outcome === 'denied') throw sessionLimit();
    return this.pair(subject, issued, salt);
  }

  /** A session without refresh that lives exactly `ttlSeconds`. */
  async startAdminIssued(subject: TokenSubject, client: SessionClient, ttlSeconds: number): Promise<AdminTokenDto> {
    const { access, session } = await this.tokens.issueAdminToken({ ...this.newRef(subject), client, ttlSeconds });
    return Object.assign(new AdminTokenDto(), await this.accessPart(subject, session, access));
  }

  /** The tokens of a session at one generation: the same input gives the same refresh token. */
  async pair(subject: Pick<TokenSubject, 'userId' | 'roles'>, { access, session, generation }: RefreshablePair, salt: string): Promise<TokensDto> {
    const endsAt = Math.min(session.idleExpiresAt, session.expiresAt);
    return Object.assign(new TokensDto(), {
      ...(await this.accessPart(subject, session, access)),
      refreshToken: this.refreshTokens.encode({ userId: subject.userId, sessionId: session.id, generation, endsAt }, salt),
      refreshTokenExpiresAt: isoFromEpochSeconds(endsAt),
    } satisfies TokensDto);
  }

  private async accessPart(subject: Pick<TokenSubject, 'userId' | 'roles'>, session: Pick<SessionRecord, 'id' | 'platform'>, access: AccessGrant): Promise<AdminTokenDto> {
    return {
      tokenType: 'Bearer',
      accessToken: await this.accessTokens.sign({ id: subject.userId, roles: subject.roles }, session.id, session.platform, access),
      expiresIn: access.expiresAt - access.issuedAt,
      accessTokenExpiresAt: isoFromEpochSeconds(access.expiresAt),
      sessionId: session.id,
    };
  }

  /** The policy of the first role in `LOGIN_POLICY_ROLES` that the user has; else the one for all. */
  private policyFor(roles: readonly string[]): LoginPolicy {
    const special = [...this.config.loginPolicyByRole].find(([role]) => roles.includes(role));
    return special?.[1] ?? this.config.loginPolicy;
  }

  private newRef(subject: TokenSubject): { userId: string; userEpoch: number; sessionId: string; tokenId: string } {
    return { userId: subject.userId, userEpoch: subject.sessionEpoch, sessionId: this.ids.next(), tokenId: this.ids.next() };
  }
}
