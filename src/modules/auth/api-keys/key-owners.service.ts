import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { SessionPrincipal } from '../../../kernel/http/index.js';
import { UsersService, type UserSnapshot } from '../../users/index.js';
import { outlivesToken, sessionEnded } from '../auth.errors.js';
import { objectionOf } from '../guard/session-standing.js';
import { unrefreshableEnd } from '../guard/unrefreshable-end.js';
import { TokenRepository } from '../tokens/index.js';

/** Who manages keys: a session, and its user's row as the guard saw it stand. */
export interface KeyOwner {
  readonly session: SessionPrincipal;
  readonly snapshot: UserSnapshot;
}

/** What sessions may do with the keys of their user. */
@Injectable()
export class KeyOwners {
  constructor(
    private readonly users: UsersService,
    private readonly tokens: TokenRepository,
  ) {}

  /**
   * The owner's row under its lock. A change of password that has ended this session since the guard looked is seen here, and
   * one that comes after waits: so it finds every key that there is.
   */
  async standing(manager: EntityManager, { session, snapshot }: KeyOwner): Promise<UserSnapshot> {
    const held = await this.users.hold(manager, session.userId);
    const objection = objectionOf(held, session.sessionId, snapshot.sessionEpoch);
    if (objection || !held) throw objection ?? sessionEnded();
    return held;
  }

  /** No secret outlives the token without refresh that made it: throws 403 `auth.outlives_token`. `expiresAt`: the end of the key; null: none. */
  async requireEndWithin({ session }: KeyOwner, expiresAt: Date | null): Promise<void> {
    const endsAt = await unrefreshableEnd(this.tokens, session);
    if (endsAt !== null && (expiresAt === null || expiresAt.getTime() > endsAt * 1000)) throw outlivesToken(endsAt);
  }
}
