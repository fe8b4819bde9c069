import type { FencedEntry, FencedRead } from '../../kernel/cache/index.js';
import type { UserRecord } from './user-record.js';
import { UserSnapshotCache, type CachedUser } from './user-snapshot-cache.js';

/** On the fenced entry of kernel/cache, beside the user's tokens. */
export class RedisUserSnapshotCache extends UserSnapshotCache {
  constructor(private readonly entry: FencedEntry) {
    super();
  }

  override async read(userId: string): Promise<CachedUser> {
    return this.decode(await this.entry.read(userId));
  }

  override decode(entry: FencedRead): CachedUser {
    // The entry's schema number vouches for the form.
    return entry.hit ? { hit: true, user: JSON.parse(entry.value) as UserRecord } : entry;
  }

  override fill(marker: string, user: UserRecord): Promise<boolean> {
    return this.entry.fill(user.id, marker, user.version, JSON.stringify(user));
  }

  override fence(userId: string, version: number): Promise<void> {
    return this.entry.fence(userId, version);
  }
}
