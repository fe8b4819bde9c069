import { Injectable } from '@nestjs/common';
import { requestInvalid } from '../../kernel/errors/index.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { PasswordPolicy, type PasswordOwner } from './passwords/password-policy.js';
import { UserWrites, type LockedUser } from './user-writes.js';
import { userNotFound, wrongPassword } from './users.errors.js';
import { UsersRepository } from './users.repository.js';

export interface OwnPasswordChange {
  readonly currentPassword: string;
  readonly newPassword: string;
  /** The session that asks: it goes on, every other ends. */
  readonly sessionId: string;
  readonly keepApiKeys: boolean;
}

/**
 * New passwords. Hash and session epoch are one write: a login that read the old password gets a session of the old epoch,
 * which is over before it is used.
 */
@Injectable()
export class PasswordChanges {
  constructor(
    private readonly users: UsersRepository,
    private readonly writes: UserWrites,
    private readonly hasher: PasswordHasher,
    private readonly policy: PasswordPolicy,
  ) {}

  /** Throws 400 `request.invalid` when this cannot be the new password of this user. */
  requireGood(newPassword: string, owner: PasswordOwner): void {
    const faults = this.policy.check(newPassword, owner, 'newPassword');
    if (faults.length > 0) throw requestInvalid(faults);
  }

  /** By somebody who knows the old one: throws 401 `auth.invalid_credentials` otherwise. */
  async change(userId: string, { currentPassword, newPassword, sessionId, keepApiKeys }: OwnPasswordChange): Promise<void> {
    const user = await this.users.byId(userId);
    if (!user) throw userNotFound();
    if (!(await this.hasher.verify(user.passwordHash, currentPassword))) throw wrongPassword();
    const passwordHash = await this.hasher.hash(newPassword);
    await this.writes.change(userId, (locked) => {
      // Of two who change it at once, the second has proved a password that is no longer the current one.
      if (locked.passwordHash !== user.passwordHash) throw wrongPassword();
      return { set: { passwordHash }, raisesEpochExcept: { sessionId }, keepsApiKeys: keepApiKeys };
    });
  }

  /** By somebody who proves it otherwise: `prove` runs under the row's lock, in the same transaction, and throws to refuse. Ends every session. */
  async replace(userId: string, newPassword: string, prove: (locked: LockedUser) => Promise<void>): Promise<void> {
    // Before the transaction: it takes 20 ms of a core, and no lock may wait for that.
    const passwordHash = await this.hasher.hash(newPassword);
    await this.writes.change(userId, async (locked) => {
      await prove(locked);
      return { set: { passwordHash }, endsSessions: true };
    });
  }
}
