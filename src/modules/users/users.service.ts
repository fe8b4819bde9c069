import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { FencedRead } from '../../kernel/cache/index.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { StandInHashes } from './passwords/stand-in-hashes.js';
import type { GeneratedRecipe } from './picture-name.js';
import { UserCreation } from './user-creation.js';
import { emailKeyOf, foldUsername } from './folded-names.js';
import type { NewUserInput } from './user-input.js';
import { UserReader } from './user-reader.js';
import type { UserDto } from './user.dto.js';
import type { UserSnapshot } from './user-snapshot.js';
import { UserWrites, type WithinCreation } from './user-writes.js';
import { recordOf, type UserEntity } from './user.entity.js';
import { UsersRepository } from './users.repository.js';

/** A password's hash, and the very row it stood in: a session issued under this epoch dies with any later change of the password. */
export interface Credentials {
  readonly userId: string;
  /** Null: this account has no password. */
  readonly passwordHash: string | null;
  readonly sessionEpoch: number;
  readonly snapshot: UserSnapshot;
}

/** What the other modules ask of users. */
@Injectable()
export class UsersService {
  private readonly logger = new Logger('Users');

  constructor(
    private readonly users: UsersRepository,
    private readonly reader: UserReader,
    private readonly writes: UserWrites,
    private readonly creation: UserCreation,
    private readonly hasher: PasswordHasher,
    private readonly standIns: StandInHashes,
  ) {}

  /**
   * Makes an account. Throws 400 `request.invalid` with all faults, 409 `user.email_taken` or `user.username_taken`.
   * `within` runs in the same transaction; the roles it returns are given.
   */
  async create(input: NewUserInput, within?: WithinCreation): Promise<UserSnapshot> {
    return this.reader.snapshotOfWritten(await this.creation.create(input, within));
  }

  /** The user as of now or later, never older than what was acknowledged before the call; null when there is none. */
  snapshot(userId: string, entry?: FencedRead): Promise<UserSnapshot | null> {
    return this.reader.snapshot(userId, entry);
  }

  /** The same from that entry alone, without waiting; null when it does not say. */
  snapshotIn(entry: FencedRead | undefined): UserSnapshot | null {
    return this.reader.snapshotIn(entry);
  }

  /** The user as of now, who stays so until the transaction ends: whoever would change the row waits. Null when there is none. */
  async hold(manager: EntityManager, userId: string): Promise<UserSnapshot | null> {
    const user = await this.users.lockForUpdate(manager, userId);
    return user && this.reader.snapshotWithin(manager, recordOf(user));
  }

  /** Those of the users that there are, read from the database at once, in no order. */
  async snapshots(userIds: readonly string[]): Promise<UserSnapshot[]> {
    return this.reader.snapshotsOf((await this.users.byIds(userIds)).map(recordOf));
  }

  /** Who may be found by this hash (hex, MD5 or SHA-256) of an address: its owner, once it is verified and the owner has opted in. Read from the database. */
  async byEmailHash(hash: string): Promise<UserSnapshot | null> {
    const user = await this.users.byEmailHash(hash);
    return user && this.reader.snapshotOf(recordOf(user));
  }

  /** What is stored of the user and no snapshot says; null when there is none. */
  async ownData(userId: string): Promise<{ readonly user: UserDto; readonly hasPassword: boolean } | null> {
    const user = await this.users.byId(userId);
    return user && { user: (await this.reader.snapshotOf(recordOf(user))).dto, hasPassword: user.passwordHash !== null };
  }

  /** By email (whatever has an `@`) or username; null when nobody has it. */
  async credentials(identifier: string): Promise<Credentials | null> {
    const user = await this.byIdentifier(identifier);
    return user && { userId: user.id, passwordHash: user.passwordHash, sessionEpoch: user.sessionEpoch, snapshot: await this.reader.snapshotOf(recordOf(user)) };
  }

  /** The user whose identifier and password these are; null, after the same work, otherwise. Disabled users are told apart by the caller. */
  async authenticate(identifier: string, password: string): Promise<UserSnapshot | null> {
    const found = await this.credentials(identifier);
    const standIn = this.standIns.of(identifier);
    if (found?.passwordHash) this.standIns.notice(found.passwordHash);
    if (!(await this.hasher.verify(found?.passwordHash ?? null, password, standIn)) || !found?.passwordHash) return null;
    if (this.hasher.isOutdated(found.passwordHash)) await this.rehash(found.userId, found.passwordHash, password);
    return found.snapshot;
  }

  async verifyPassword(userId: string, password: string): Promise<boolean> {
    return this.hasher.verify((await this.users.byId(userId))?.passwordHash ?? null, password);
  }

  /**
   * Ends every session, except one, durably: in the user's row, which no restored store of tokens can undo. The caller ends
   * them in the store of tokens. Throws 404 `user.not_found`.
   */
  async raiseSessionEpoch(userId: string, exceptedSessionId: string | null): Promise<{ readonly sessionEpoch: number; readonly version: number }> {
    const { sessionEpoch, version } = await this.writes.change(userId, () => ({ set: {}, raisesEpochExcept: { sessionId: exceptedSessionId } }));
    return { sessionEpoch, version };
  }

  /**
   * Shows the user with this picture from now on; null: with the generated one. `precondition` sees the row under its lock and
   * may throw. Naming the picture that is shown already changes nothing. Throws 404 `user.not_found`.
   */
  async changeAvatar(userId: string, picture: { readonly key: string } | null, precondition?: (current: UserSnapshot) => void): Promise<UserSnapshot> {
    const user = await this.writes.change(userId, async (locked) => {
      precondition?.(await this.reader.snapshotWithin(locked.manager, locked.user));
      return { set: { pictureKey: picture?.key ?? null } };
    });
    return this.reader.snapshotOfWritten(user);
  }

  /** Whether anybody can administer the service; asked inside a transaction, and true for good once it is. Holds a lock to the transaction's end while it is false. */
  hasAdmin(manager: EntityManager): Promise<boolean> {
    return this.writes.hasAdmin(manager);
  }

  /** What the generated picture of this key shows; null when no user is shown with it. */
  async generatedRecipe(generatedKey: string): Promise<GeneratedRecipe | null> {
    const user = await this.users.byGeneratedKey(generatedKey);
    return user && { initials: user.initials, colour: user.colour };
  }

  /** Those of the generated keys that some user would be shown with. */
  generatedKeysInUse(keys: readonly string[]): Promise<string[]> {
    return this.users.generatedKeysAmong(keys);
  }

  /** Whether any user is shown with this uploaded picture: nobody may remove it then. */
  isPictureNamed(pictureKey: string): Promise<boolean> {
    return this.users.pictureIsNamed(pictureKey);
  }

  private async byIdentifier(identifier: string): Promise<UserEntity | null> {
    // PostgreSQL refuses these; nobody has them.
    if (/[\0\p{Cs}]/u.test(identifier)) return null;
    return identifier.includes('@') ? this.users.byEmailKey(emailKeyOf(identifier)) : this.users.byUsername(foldUsername(identifier.trim()));
  }

  /** The password was right, and that is the answer: this is tried again at the next sign-in. */
  private async rehash(userId: string, oldHash: string, password: string): Promise<void> {
    try {
      await this.writes.replaceHash(userId, oldHash, await this.hasher.hash(password));
    } catch (error) {
      this.logger.warn(`A password could not be hashed anew: ${String(error)}`);
    }
  }
}
