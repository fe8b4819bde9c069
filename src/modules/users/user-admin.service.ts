import { Injectable } from '@nestjs/common';
import { isUuid } from '../../kernel/crypto/index.js';
import { decodeCursor, encodeCursor, requireIfMatch } from '../../kernel/http/index.js';
import type { Attempt } from '../../kernel/idempotency/index.js';
import { checkedProfile } from './checked-profile.js';
import { FieldChecks } from './field-checks.js';
import type { UserChange, UserFieldsSet } from './user-change.js';
import { UserCreation } from './user-creation.js';
import { emailKeyOf } from './folded-names.js';
import { checkEmail, checkExternalId, checkRoles } from './user-fields.js';
import type { AdminPatch, NewUserInput } from './user-input.js';
import { UserPageDto } from './user-page.dto.js';
import { UserReader } from './user-reader.js';
import type { UserRecord } from './user-record.js';
import type { UserSnapshot } from './user-snapshot.js';
import { UserWrites } from './user-writes.js';
import { recordOf } from './user.entity.js';
import { UsersRepository, type UserFilter } from './users.repository.js';

export interface UserPageQuery extends UserFilter {
  readonly limit: number;
  readonly cursor?: string;
}

/** What the answer to a creation is made of. */
export type CreatedUser = Pick<UserSnapshot, 'etag' | 'url' | 'dto'>;

/** What admins do with accounts. */
@Injectable()
export class UserAdminService {
  constructor(
    private readonly users: UsersRepository,
    private readonly reader: UserReader,
    private readonly writes: UserWrites,
    private readonly creation: UserCreation,
  ) {}

  async create(input: NewUserInput, attempt: Attempt): Promise<CreatedUser> {
    const made = attempt.made && (await this.reader.snapshot(attempt.made));
    const { etag, url, dto } = made || (await this.reader.snapshotOfWritten(await this.creation.create(input, (manager, { id }) => attempt.record(manager, { subjectId: id, userId: id }))));
    return { etag, url, dto };
  }

  /** Disabling ends every session. Throws 400 with all faults, 404, 409 for what is another's and for the last admin, 412. */
  async change(userId: string, patch: AdminPatch, ifMatch?: string): Promise<UserSnapshot> {
    const checks = new FieldChecks();
    const set: UserFieldsSet = {
      ...checkedProfile(checks, patch),
      email: checks.take('email', patch.email, checkEmail),
      roles: checks.take('roles', patch.roles, checkRoles),
      externalId: checks.take('externalId', patch.externalId, checkExternalId),
      disabled: patch.disabled,
      emailVerified: patch.emailVerified,
    };
    checks.done();
    const user = await this.writes.change(userId, async (locked) => {
      requireIfMatch(ifMatch, [(await this.reader.snapshotWithin(locked.manager, locked.user)).etag]);
      return administered(locked.user, set);
    });
    return this.reader.snapshotOfWritten(user);
  }

  /** Erases the account with its sessions. Throws 404, 409 `user.last_admin`. */
  remove(userId: string): Promise<void> {
    return this.writes.remove(userId);
  }

  async page({ limit, cursor, ...filter }: UserPageQuery): Promise<UserPageDto> {
    const after = decodeCursor(cursor, isUuid);
    const users = await this.users.pageAfter(after, limit + 1, filter);
    const items = (await this.reader.snapshotsOf(users.slice(0, limit).map(recordOf))).map(({ dto }) => dto);
    return UserPageDto.from({ items, nextCursor: users.length > limit ? encodeCursor(items.at(-1)!.id) : null });
  }
}

/** An address that an admin sets is in force at once, and nobody has proved that it can be read, unless the admin says so. */
const administered = (user: UserRecord, set: UserFieldsSet): UserChange => {
  const isNewAddress = set.email !== undefined && emailKeyOf(set.email) !== emailKeyOf(user.email);
  return {
    set: { ...set, ...(isNewAddress ? { pendingEmail: null, emailVerified: set.emailVerified ?? false } : {}) },
    endsSessions: set.disabled === true && !user.disabled,
  };
};
