import { Injectable } from '@nestjs/common';
import type { Principal, RequestMeta } from '../../kernel/http/index.js';
import { Limits, passwordGuess } from '../../kernel/limits/index.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { userNotFound, wrongPassword } from './users.errors.js';
import { UsersRepository } from './users.repository.js';

/** Who asks, from where, and what they know. */
export interface ClaimedIdentity {
  readonly me: Principal;
  readonly currentPassword: string;
  readonly meta: RequestMeta;
}

/** Has users who are signed in prove that they are who signed in. */
@Injectable()
export class PasswordProof {
  constructor(
    private readonly users: UsersRepository,
    private readonly hasher: PasswordHasher,
    private readonly limits: Limits,
  ) {}

  /**
   * The hash that the password proved, to be held against the row under its lock, so that no change of password slips in
   * between. Throws 401 for a wrong one, 429 after too many of those.
   */
  prove({ me, currentPassword, meta }: ClaimedIdentity): Promise<string | null> {
    const sessionId = me.kind === 'session' ? me.sessionId : me.userId;
    return this.limits.attempt(meta, passwordGuess(sessionId), async () => {
      const user = await this.users.byId(me.userId);
      if (!user) throw userNotFound();
      if (!(await this.hasher.verify(user.passwordHash, currentPassword))) throw wrongPassword();
      return user.passwordHash;
    });
  }
}
