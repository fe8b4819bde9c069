import { UserSnapshotCache, type CachedUser } from './user-snapshot-cache.js';

const MISS: CachedUser = { hit: false, marker: '' };

/** Nothing is kept, so nothing can be stale: one read by primary key each time. */
export class NoUserSnapshotCache extends UserSnapshotCache {
  override read(): Promise<CachedUser> {
    return Promise.resolve(MISS);
  }

  override decode(): CachedUser {
    return MISS;
  }

  override fill(): Promise<boolean> {
    return Promise.resolve(false);
  }

  override fence(): Promise<void> {
    return Promise.resolve();
  }
}
