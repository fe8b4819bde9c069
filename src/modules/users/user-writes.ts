import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { insertRows, type ArchivedTable } from '../../kernel/archive/index.js';
import { Clock } from '../../kernel/clock/index.js';
import { Transactions, isUniqueViolation } from '../../kernel/database/index.js';
import { EventBus, type Event } from '../../kernel/events/index.js';
import { applyChange, newUser, type NewUserRow, type UserChange } from './user-change.js';
import { USER_CONSTRAINTS, UserEntity, recordOf } from './user.entity.js';
import { settleBeforeAnswer } from './settle-before-answer.js';
import { asidesOf, type AsideFact } from './user-asides.js';
import { emailKeyOf, searchTextOf } from './folded-names.js';
import './user-events.js';
import type { UserRecord } from './user-record.js';
import { emailTaken, externalIdTaken, lastAdmin, userNotFound, usernameTaken } from './users.errors.js';
import { UsersRepository } from './users.repository.js';

/** One lock for all who take an admin away, or claim to be the first, so that two who do it at once count one after the other. */
const ADMINS_LOCK = 7_305_438_217_001;

/** The row under the lock, and the transaction that holds it. */
export interface LockedUser {
  readonly user: UserRecord;
  readonly passwordHash: string | null;
  readonly manager: EntityManager;
}

/** Something more to do in the transaction that makes the user; the roles it returns are given. */
export type WithinCreation = (manager: EntityManager, user: { readonly id: string }) => Promise<{ readonly roles?: readonly string[] } | void>;

type UserFact = Event<'user.created' | 'user.changed' | 'user.deleted' | 'avatar.changed'>;

interface Written {
  readonly user: UserRecord;
  readonly facts: readonly UserFact[];
  /** What else this write means; for the awaited phases. */
  readonly asides?: readonly AsideFact[];
  readonly isChanged: boolean;
}

/**
 * The one place that writes to `users`, so that no way of writing can forget the protocol of guarantees §4: lock, update
 * with the next version, fence, commit, fence again, answer, deliver. `model/cache-fence.mjs` is its proof.
 */
@Injectable()
export class UserWrites {
  constructor(
    private readonly transactions: Transactions,
    private readonly users: UsersRepository,
    private readonly bus: EventBus,
    private readonly clock: Clock,
  ) {}

  /** Throws 409 when the email, the username or the external id is another's. */
  create(row: NewUserRow, within?: WithinCreation): Promise<UserRecord> {
    return this.write(async (manager) => {
      const user = newUser(row, this.clock.now());
      await translated(() => manager.insert(UserEntity, user));
      const roles = (await within?.(manager, { id: user.id }))?.roles;
      if (roles) await manager.update(UserEntity, { id: user.id }, { roles: (user.roles = [...roles]) });
      return { user: recordOf(user), isChanged: true, facts: [{ name: 'user.created', payload: { userId: user.id, version: user.version } }] };
    });
  }

  /**
   * Changes a user as `decide` says, which sees the row under its lock and may throw. Nothing is written when nothing
   * would differ. Throws 404, 409 for what is another's or for the last admin, 503 when it could not be fenced.
   */
  change(userId: string, decide: (locked: LockedUser) => UserChange | Promise<UserChange>): Promise<UserRecord> {
    return this.write(async (manager) => {
      const before = await this.lock(manager, userId);
      const change = await decide({ user: recordOf(before), passwordHash: before.passwordHash, manager });
      const set = applyChange(before, change, this.clock.now());
      const after = Object.assign(new UserEntity(), before, set);
      if (isActiveAdmin(before) && !isActiveAdmin(after)) await this.requireAnotherAdmin(manager, userId);
      if (set) await translated(() => manager.update(UserEntity, { id: userId }, set));
      return { user: recordOf(after), isChanged: set !== null, facts: changesOf(before, after, change), asides: asidesOf(before, after, change) };
    });
  }

  /** Erases the row. `decide` may throw. */
  async remove(userId: string, decide: (locked: LockedUser) => void | Promise<void> = () => undefined): Promise<void> {
    await this.write(async (manager) => {
      const user = await this.lock(manager, userId);
      await decide({ user: recordOf(user), passwordHash: user.passwordHash, manager });
      if (isActiveAdmin(user)) await this.requireAnotherAdmin(manager, userId);
      await manager.delete(UserEntity, { id: userId });
      const payload = { userId, version: user.version + 1, pictureKey: user.pictureKey, generatedKey: user.generatedKey };
      return { user: recordOf(user), isChanged: true, facts: [{ name: 'user.deleted', payload }] };
    });
  }

  /** The same password hashed anew. No new version: nothing that anybody sees or has cached differs. */
  async replaceHash(userId: string, oldHash: string, newHash: string): Promise<void> {
    await this.transactions.run((manager) => manager.update(UserEntity, { id: userId, passwordHash: oldHash }, { passwordHash: newHash }));
  }

  /**
   * Folds the names of up to `limit` accounts that were written without it. No new version: nothing that anybody sees differs. `collisions`: accounts whose
   * mailbox belongs to another account already, in another spelling, each with that one. They keep the key that they have.
   */
  foldNames(limit: number): Promise<{ readonly rows: number; readonly collisions: readonly (readonly [userId: string, otherId: string])[] }> {
    return this.transactions.run(async (manager) => {
      const users = await this.users.unfolded(manager, limit);
      const texts = [users.map(({ id }) => id), users.map(searchTextOf)];
      await manager.query('UPDATE users u SET search_text = f.text, folded_version = u.version FROM unnest($1::uuid[], $2::text[]) AS f (id, text) WHERE u.id = f.id', texts);
      const collisions: (readonly [string, string])[] = [];
      for (const { id, email, emailKey } of users.filter((user) => emailKeyOf(user.email) !== user.emailKey)) {
        const [other] = await manager.query<{ id: string }[]>('SELECT id FROM users WHERE email_key = $1', [emailKeyOf(email)]);
        if (other) collisions.push([id, other.id]);
        else await manager.update(UserEntity, { id, emailKey }, { emailKey: emailKeyOf(email) });
      }
      return { rows: users.length, collisions };
    });
  }

  /** Before `restore`: what is cached of users belongs to rows that were here before, and counts no more once this transaction is committed. */
  async beginRestore(manager: EntityManager): Promise<void> {
    await manager.query('UPDATE cache_generation SET counter = counter + 1');
  }

  /**
   * Puts whole rows of an archive into a table that was found empty under a lock. They are facts of before, so nobody is told of them; and nobody can have
   * read them: no entry of theirs is of the generation that `beginRestore` has begun, and absence is never cached.
   */
  async restore(manager: EntityManager, table: ArchivedTable, rows: readonly string[]): Promise<void> {
    await insertRows(manager, table, rows);
  }

  /** Once true, it stays so: the last admin cannot be removed. While false, one at a time may ask. */
  async hasAdmin(manager: EntityManager): Promise<boolean> {
    if (await this.users.anotherAdminExists(manager, null)) return true;
    await this.lockAdmins(manager);
    return this.users.anotherAdminExists(manager, null);
  }

  private async write(work: (manager: EntityManager) => Promise<Written>): Promise<UserRecord> {
    const { user, facts, asides = [], isChanged } = await this.transactions.run(async (manager) => {
      const written = await work(manager);
      if (written.isChanged) for (const each of factsOf(written)) await this.tell(manager, each);
      return written;
    });
    try {
      // Also when nothing was changed: the answer tells a version that another writer may still be fencing.
      for (const { name, payload } of factsOf({ facts, asides })) await settleBeforeAnswer(() => this.bus.run(name, 'beforeAnswer', payload, {}));
    } finally {
      if (isChanged) this.bus.hasten();
    }
    return user;
  }

  private async tell(manager: EntityManager, fact: UserFact | AsideFact): Promise<void> {
    if (isForOthers(fact)) await this.bus.record(manager, fact.name, fact.payload);
    await this.bus.run(fact.name, 'beforeCommit', fact.payload, { manager });
  }

  private async lock(manager: EntityManager, userId: string): Promise<UserEntity> {
    const user = await this.users.lockForUpdate(manager, userId);
    if (!user) throw userNotFound();
    return user;
  }

  private async requireAnotherAdmin(manager: EntityManager, userId: string): Promise<void> {
    await this.lockAdmins(manager);
    if (!(await this.users.anotherAdminExists(manager, userId))) throw lastAdmin();
  }

  private async lockAdmins(manager: EntityManager): Promise<void> {
    // READ COMMITTED: what is asked after this is asked in a snapshot that is taken after the lock was granted.
    await manager.query('SELECT pg_advisory_xact_lock($1)', [ADMINS_LOCK]);
  }
}

const factsOf = ({ facts, asides = [] }: Pick<Written, 'facts' | 'asides'>): readonly (UserFact | AsideFact)[] => [...facts, ...asides];

/** What is written down for everybody. Any other fact stays in the transaction: it tells of an address, or is told by one of these already. */
const FOR_OTHERS = ['user.created', 'user.changed', 'user.deleted', 'avatar.changed', 'sessions.ended'] as const satisfies readonly (UserFact | AsideFact)['name'][];

const isForOthers = (fact: UserFact | AsideFact): fact is Event<(typeof FOR_OTHERS)[number]> => (FOR_OTHERS as readonly string[]).includes(fact.name);

const isActiveAdmin = (user: UserEntity): boolean => user.roles.includes('admin') && !user.disabled;

/** A new picture is told by its own fact; what else the same change means is told too. */
const changesOf = (before: UserEntity, after: UserEntity, { endsSessions = false }: UserChange): UserFact[] => {
  const { id: userId, version } = after;
  const changed: UserFact = { name: 'user.changed', payload: { userId, version, endsSessions } };
  if (before.pictureKey === after.pictureKey) return [changed];
  const picture: UserFact = { name: 'avatar.changed', payload: { userId, version, key: after.pictureKey, supersededKey: before.pictureKey } };
  return endsSessions ? [picture, changed] : [picture];
};

const TAKEN = [
  [USER_CONSTRAINTS.email, emailTaken],
  [USER_CONSTRAINTS.username, usernameTaken],
  [USER_CONSTRAINTS.externalId, externalIdTaken],
] as const;

/** The database decides what is unique. */
async function translated(write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (error) {
    const taken = TAKEN.find(([constraint]) => isUniqueViolation(error, constraint));
    throw taken ? taken[1](error) : error;
  }
}
