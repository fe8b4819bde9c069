import type { FencedRead } from '../../kernel/cache/index.js';
import type { UserRecord } from './user-record.js';

/** What the cache holds of a user, or the marker under which a fill may be tried after the primary database has been read. */
export type CachedUser = { readonly hit: true; readonly user: UserRecord } | { readonly hit: false; readonly marker: string };

/**
 * The cache of users (guarantees §4). A value in it is never older than what a writer was answered for; absence is never
 * cached. Adapters: Redis, and none (every read asks the database).
 */
export abstract class UserSnapshotCache {
  /** A value; else places a lease, or notes the marker it meets. Throws `service.unavailable` when the cache is away. */
  abstract read(userId: string): Promise<CachedUser>;

  /** The same for an entry that has been read already, together with a token. */
  abstract decode(entry: FencedRead): CachedUser;

  /** Puts a value under the very marker that was met before the database was read; false when it is no longer there, or names a newer version. */
  abstract fill(marker: string, user: UserRecord): Promise<boolean>;

  /** Replaces whatever is there by a tombstone of this version. Returns only when that is done; throws `service.unavailable` otherwise. */
  abstract fence(userId: string, version: number): Promise<void>;
}
