import { Injectable } from '@nestjs/common';
import { emailKeyOf } from './folded-names.js';
import { UserReader } from './user-reader.js';
import type { UserSnapshot } from './user-snapshot.js';
import { UserWrites, type LockedUser } from './user-writes.js';
import { recordOf } from './user.entity.js';
import { UsersRepository } from './users.repository.js';

/** Whose an address is, and that somebody has proved to read it. */
@Injectable()
export class EmailAddresses {
  constructor(
    private readonly users: UsersRepository,
    private readonly reader: UserReader,
    private readonly writes: UserWrites,
  ) {}

  /** The user with this address, in whatever case; null when nobody has it. */
  async ownerOf(email: string): Promise<UserSnapshot | null> {
    // PostgreSQL refuses these; nobody has them.
    if (/[\0\p{Cs}]/u.test(email)) return null;
    const user = await this.users.byEmailKey(emailKeyOf(email));
    return user && this.reader.snapshotOf(recordOf(user));
  }

  /**
   * The user's address, or the one that waits, is proved: the one that waits takes its place. `prove` runs under the row's
   * lock, in the same transaction; it answers the address that was proved, and throws to refuse. An address that is neither
   * changes nothing. Throws 409 `user.email_taken` when another account was first.
   */
  async confirm(userId: string, prove: (locked: LockedUser) => Promise<string>): Promise<void> {
    await this.writes.change(userId, async (locked) => {
      const proved = await prove(locked);
      if (proved === locked.user.pendingEmail) return { set: { email: proved, pendingEmail: null, emailVerified: true } };
      return { set: proved === locked.user.email ? { emailVerified: true } : {} };
    });
  }
}
