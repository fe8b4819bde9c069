import { Injectable } from '@nestjs/common';
import { isUuid } from '../../kernel/crypto/index.js';
import { emailKeyOf, foldUsername } from './folded-names.js';
import { UserReader } from './user-reader.js';
import type { UserSnapshot } from './user-snapshot.js';
import { UserWrites } from './user-writes.js';
import { recordOf, type UserEntity } from './user.entity.js';
import { UsersRepository, type UserFilter } from './users.repository.js';
import { userNotFound } from './users.errors.js';

/** What whoever runs the service does with accounts, beside its HTTP routes; every write goes the one way. */
@Injectable()
export class UserOperators {
  constructor(
    private readonly users: UsersRepository,
    private readonly reader: UserReader,
    private readonly writes: UserWrites,
  ) {}

  /** By id, email or username. Throws 404 `user.not_found`. */
  async find(identifier: string): Promise<UserSnapshot> {
    const user = isUuid(identifier) ? await this.users.byId(identifier) : await this.byName(identifier);
    if (!user) throw userNotFound();
    return this.reader.snapshotOf(recordOf(user));
  }

  /** The user who has this id in another system; null when nobody has. */
  async byExternalId(externalId: string): Promise<UserSnapshot | null> {
    // PostgreSQL refuses these; nobody has them.
    if (/[\0\p{Cs}]/u.test(externalId)) return null;
    const user = await this.users.byExternalId(externalId);
    return user && this.reader.snapshotOf(recordOf(user));
  }

  /** Throws 404. Who is an admin already stays one. */
  async promote(userId: string): Promise<UserSnapshot> {
    return this.reader.snapshotOfWritten(await this.writes.change(userId, ({ user }) => ({ set: { roles: [...new Set([...user.roles, 'admin'])].sort() } })));
  }

  /** Throws 404, 409 `user.last_admin`. Who is none stays so. */
  async demote(userId: string): Promise<UserSnapshot> {
    return this.reader.snapshotOfWritten(await this.writes.change(userId, ({ user }) => ({ set: { roles: user.roles.filter((role) => role !== 'admin') } })));
  }

  /** Erases the account with its sessions. Throws 404, 409 `user.last_admin`. */
  remove(userId: string): Promise<void> {
    return this.writes.remove(userId);
  }

  /** Disabling ends every session. Throws 404, 409 `user.last_admin`. */
  async setDisabled(userId: string, disabled: boolean): Promise<UserSnapshot> {
    return this.reader.snapshotOfWritten(await this.writes.change(userId, ({ user }) => ({ set: { disabled }, endsSessions: disabled && !user.disabled })));
  }

  /** In order of creation, after the user of this id. */
  async pageAfter(afterId: string | null, limit: number, filter: UserFilter): Promise<readonly UserSnapshot[]> {
    return this.reader.snapshotsOf((await this.users.pageAfter(afterId, limit, filter)).map(recordOf));
  }

  private byName(identifier: string): Promise<UserEntity | null> {
    return identifier.includes('@') ? this.users.byEmailKey(emailKeyOf(identifier)) : this.users.byUsername(foldUsername(identifier.trim()));
  }
}
