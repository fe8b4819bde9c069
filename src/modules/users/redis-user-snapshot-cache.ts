import { LRUCache } from 'lru-cache';
import type { FencedEntry, FencedRead } from '../../kernel/cache/index.js';
import type { UserRecord } from './user-record.js';
import { UserSnapshotCache, type CachedUser } from './user-snapshot-cache.js';

/** How many users' bytes are kept taken apart; each is some 2 KB. */
const DECODED_USERS = 4_000;

/** On the fenced entry of kernel/cache, beside the user's tokens. */
export class RedisUserSnapshotCache extends UserSnapshotCache {
  /** Good for the very bytes that Redis answered with, at this request: it saves the parsing and decides nothing about freshness. */
  private readonly decoded = new LRUCache<string, { readonly value: string; readonly user: UserRecord }>({ max: DECODED_USERS });

  constructor(private readonly entry: FencedEntry) {
    super();
  }

  override async read(userId: string): Promise<CachedUser> {
    return this.decode(userId, await this.entry.read(userId));
  }

  override decode(userId: string, entry: FencedRead): CachedUser {
    return entry.hit ? { hit: true, user: this.parsed(userId, entry.value) } : entry;
  }

  override fill(marker: string, user: UserRecord): Promise<boolean> {
    return this.entry.fill(user.id, marker, user.version, JSON.stringify(user));
  }

  override fence(userId: string, version: number): Promise<void> {
    return this.entry.fence(userId, version);
  }

  private parsed(userId: string, value: string): UserRecord {
    const known = this.decoded.get(userId);
    if (known?.value === value) return known.user;
    // The entry's schema number vouches for the form.
    const user = JSON.parse(value) as UserRecord;
    this.decoded.set(userId, { value, user });
    return user;
  }
}
