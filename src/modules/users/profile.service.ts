import { Injectable } from '@nestjs/common';
import { requireIfMatch } from '../../kernel/http/index.js';
import { FieldChecks } from './field-checks.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import type { UserFieldsSet } from './user-change.js';
import { checkEmail, emailKeyOf } from './user-fields.js';
import type { OwnProfilePatch } from './user-input.js';
import { checkedProfile } from './checked-profile.js';
import { UserReader } from './user-reader.js';
import type { UserSnapshot } from './user-snapshot.js';
import { UserWrites, type LockedUser } from './user-writes.js';
import { emailTaken, userNotFound, wrongPassword } from './users.errors.js';
import { UsersRepository } from './users.repository.js';

/** What users do with their own accounts. */
@Injectable()
export class ProfileService {
  constructor(
    private readonly users: UsersRepository,
    private readonly reader: UserReader,
    private readonly writes: UserWrites,
    private readonly hasher: PasswordHasher,
  ) {}

  /** Throws 400 with all faults, 401 for a wrong `currentPassword`, 409 for what is another's, 412 when `ifMatch` names another version. */
  async change(userId: string, patch: OwnProfilePatch, ifMatch?: string): Promise<UserSnapshot> {
    const checks = new FieldChecks();
    const profile = checkedProfile(checks, patch);
    const email = checks.take('email', patch.email, checkEmail);
    if (patch.email !== undefined && patch.currentPassword === undefined) {
      checks.add([{ field: 'currentPassword', code: 'current_password.required', message: 'A new e-mail address needs the current password.' }]);
    }
    checks.done();
    const provenHash = email === undefined ? null : await this.proveIdentity(userId, patch.currentPassword!);
    const user = await this.writes.change(userId, async (locked) => {
      requireIfMatch(ifMatch, [this.reader.snapshotOf(locked.user).etag]);
      if (email === undefined) return { set: profile };
      requireSameHash(locked, provenHash);
      return { set: { ...profile, ...(await this.newEmail(locked, email)) } };
    });
    return this.reader.snapshotOf(user);
  }

  /** Erases the account. Throws 401 for a wrong password, 409 `user.last_admin`. */
  async remove(userId: string, currentPassword: string): Promise<void> {
    const provenHash = await this.proveIdentity(userId, currentPassword);
    await this.writes.remove(userId, (locked) => requireSameHash(locked, provenHash));
  }

  /** A new address waits for its confirmation; the old one in other letters is the same one. */
  private async newEmail({ user, manager }: LockedUser, email: string): Promise<UserFieldsSet> {
    if (emailKeyOf(email) === emailKeyOf(user.email)) return { email, pendingEmail: null };
    // It takes effect when it is confirmed, and the database decides then; this only tells early.
    if (await this.users.emailBelongsToAnother(manager, emailKeyOf(email), user.id)) throw emailTaken();
    return { pendingEmail: email };
  }

  /** The hash that the password proved: it is held against the row under its lock, so that no change of password slips in between. */
  private async proveIdentity(userId: string, password: string): Promise<string | null> {
    const user = await this.users.byId(userId);
    if (!user) throw userNotFound();
    if (!(await this.hasher.verify(user.passwordHash, password))) throw wrongPassword();
    return user.passwordHash;
  }
}

const requireSameHash = (locked: LockedUser, provenHash: string | null): void => {
  if (locked.passwordHash !== provenHash) throw wrongPassword();
};
