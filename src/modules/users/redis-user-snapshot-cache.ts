import type { FencedEntry, FencedHit, FencedRead } from '../../kernel/cache/index.js';
import type { UserRecord } from './user-record.js';
import { UserSnapshotCache, type CachedUser } from './user-snapshot-cache.js';

/** On the fenced entry of kernel/cache, beside the user's tokens. */
export class RedisUserSnapshotCache extends UserSnapshotCache {
  /** Taken apart once for as long as Redis answers with the same bytes, which it is asked at each request. */
  private readonly decoded = new WeakMap<FencedHit, UserRecord>();

  constructor(private readonly entry: FencedEntry) {
    super();
  }

  override async read(userId: string): Promise<CachedUser> {
    return this.decode(await this.entry.read(userId));
  }

  override decode(entry: FencedRead): CachedUser {
    return entry.hit ? { hit: true, user: this.parsed(entry) } : entry;
  }

  override fill(marker: string, user: UserRecord): Promise<boolean> {
    return this.entry.fill(user.id, marker, user.version, JSON.stringify(user));
  }

  override fence(userId: string, version: number): Promise<void> {
    return this.entry.fence(userId, version);
  }

  private parsed(hit: FencedHit): UserRecord {
    let user = this.decoded.get(hit);
    if (!user) {
      // The entry's schema number vouches for the form.
      user = JSON.parse(hit.value) as UserRecord;
      this.decoded.set(hit, user);
    }
    return user;
  }
}
