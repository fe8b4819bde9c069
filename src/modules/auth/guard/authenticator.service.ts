import { Injectable } from '@nestjs/common';
import type { SessionPrincipal } from '../../../kernel/http/index.js';
import { UsersService, type UserSnapshot } from '../../users/index.js';
import { sessionEnded } from '../auth.errors.js';
import type { AccessClaims } from '../codecs/access-claims.js';
import { AccessTokenCodec } from '../codecs/access-token.codec.js';
import { LegacyBearer } from '../legacy/legacy-bearer.service.js';
import { TokenRepository, type AccessGrant, type PresentedToken } from '../tokens/index.js';
import { objectionOf, refusalOf } from './session-standing.js';

export interface AuthenticatedSession {
  readonly principal: SessionPrincipal;
  readonly user: UserSnapshot;
  /** The token's times, as its record has them. */
  readonly access: AccessGrant;
}

/** Says who an access token speaks for. With Redis, its record and the user's cached row come in one round trip. */
@Injectable()
export class Authenticator {
  constructor(
    private readonly codec: AccessTokenCodec,
    private readonly tokens: TokenRepository,
    private readonly users: UsersService,
    private readonly legacy: LegacyBearer,
  ) {}

  /** 401 with the code that says why, 503 when the store cannot be asked. */
  async authenticate(token: string): Promise<AuthenticatedSession> {
    const ref = this.remembered(token) ?? (await this.locate(token));
    const { userId, sessionId, tokenId } = ref;
    const verified = await this.tokens.verify(ref);
    // That a refresh token was used twice is for the one who presents it; the holder of an access token lost the session.
    if (verified.state !== 'live') throw await refusalOf(verified.state === 'reused' ? 'ended' : verified.state, () => this.users.snapshot(userId));
    const user = this.users.snapshotIn(verified.entry) ?? (await this.users.snapshot(userId, verified.entry));
    const objection = objectionOf(user, sessionId, verified.userEpoch);
    if (objection || !user) throw objection ?? sessionEnded();
    return { principal: { kind: 'session', userId, sessionId, tokenId, roles: user.roles }, user, access: verified.access };
  }

  /** Where the record of an authentic access token would be, however it stands; 401 `auth.token_malformed` for any other. */
  async locate(token: string): Promise<PresentedToken> {
    return (await this.legacy.presented(token)) ?? refOf(await this.codec.verify(token));
  }

  /** The same without waiting, for a token of ours that was seen before. */
  private remembered(token: string): PresentedToken | undefined {
    const claims = this.codec.remembered(token);
    return claims && refOf(claims);
  }
}

/** The same object for the same claims, which the codec remembers: what is made of it (keys) can be kept beside it. */
const refs = new WeakMap<AccessClaims, PresentedToken>();

const refOf = (claims: AccessClaims): PresentedToken => {
  let ref = refs.get(claims);
  if (!ref) refs.set(claims, (ref = { userId: claims.sub, sessionId: claims.sid, tokenId: claims.jti, expiresAt: claims.exp }));
  return ref;
};
