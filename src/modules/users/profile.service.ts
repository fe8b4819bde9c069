import { Injectable } from '@nestjs/common';
import { requireIfMatch, type Principal, type RequestMeta } from '../../kernel/http/index.js';
import { Limits } from '../../kernel/limits/index.js';
import { FieldChecks } from './field-checks.js';
import { PasswordProof, type ClaimedIdentity } from './password-proof.js';
import type { UserFieldsSet } from './user-change.js';
import { emailKeyOf } from './folded-names.js';
import { checkEmail } from './user-fields.js';
import type { OwnProfilePatch } from './user-input.js';
import { checkedProfile } from './checked-profile.js';
import { UserReader } from './user-reader.js';
import type { UserSnapshot } from './user-snapshot.js';
import { UserWrites, type LockedUser } from './user-writes.js';
import { emailTaken, wrongPassword } from './users.errors.js';
import { UsersRepository } from './users.repository.js';

export interface OwnRequest {
  readonly me: Principal;
  readonly meta: RequestMeta;
  readonly ifMatch?: string | undefined;
}

/** What users do with their own accounts. */
@Injectable()
export class ProfileService {
  constructor(
    private readonly users: UsersRepository,
    private readonly reader: UserReader,
    private readonly writes: UserWrites,
    private readonly proof: PasswordProof,
    private readonly limits: Limits,
  ) {}

  /** Throws 400 with all faults, 401 for a wrong `currentPassword`, 409 for what is another's, 429 after too many wrong ones or too many new names, 412 when `ifMatch` names another version. */
  async change({ me, meta, ifMatch }: OwnRequest, patch: OwnProfilePatch): Promise<UserSnapshot> {
    const checks = new FieldChecks();
    const profile = checkedProfile(checks, patch);
    const email = checks.take('email', patch.email, checkEmail);
    if (patch.email !== undefined && patch.currentPassword === undefined) {
      checks.add([{ field: 'currentPassword', code: 'current_password.required', message: 'A new e-mail address needs the current password.' }]);
    }
    checks.done();
    if (await this.isRename(me.userId, profile)) await this.limits.count(meta, ['rename-user', me.userId]);
    const provenHash = email === undefined ? null : await this.proof.prove({ me, meta, currentPassword: patch.currentPassword! });
    const user = await this.writes.change(me.userId, async (locked) => {
      requireIfMatch(ifMatch, [(await this.reader.snapshotWithin(locked.manager, locked.user)).etag]);
      if (email === undefined) return { set: profile };
      requireSameHash(locked, provenHash);
      return { set: { ...profile, ...(await this.newEmail(locked, email)) } };
    });
    return this.reader.snapshotOfWritten(user);
  }

  /** Another name is another generated picture. */
  private async isRename(userId: string, { displayName, username }: UserFieldsSet): Promise<boolean> {
    if (displayName === undefined && username === undefined) return false;
    const now = (await this.reader.snapshot(userId))?.dto;
    return (displayName !== undefined && displayName !== now?.displayName) || (username !== undefined && username !== now?.username);
  }

  /** Erases the account. Throws 401 for a wrong password, 429 after too many, 409 `user.last_admin`. */
  async remove(claimed: ClaimedIdentity): Promise<void> {
    const provenHash = await this.proof.prove(claimed);
    await this.writes.remove(claimed.me.userId, (locked) => requireSameHash(locked, provenHash));
  }

  /** A new address waits for its confirmation; the old one in other letters is the same one. */
  private async newEmail({ user, manager }: LockedUser, email: string): Promise<UserFieldsSet> {
    if (emailKeyOf(email) === emailKeyOf(user.email)) return { email, pendingEmail: null };
    // It takes effect when it is confirmed, and the database decides then; this only tells early.
    if (await this.users.emailBelongsToAnother(manager, emailKeyOf(email), user.id)) throw emailTaken();
    return { pendingEmail: email };
  }
}

const requireSameHash = (locked: LockedUser, provenHash: string | null): void => {
  if (locked.passwordHash !== provenHash) throw wrongPassword();
};
