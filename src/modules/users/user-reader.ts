import { Inject, Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { FencedRead } from '../../kernel/cache/index.js';
import { APP_CONFIG, type AppConfig } from '../../kernel/config/index.js';
import { afterCommit } from '../../kernel/database/index.js';
import { Metrics } from '../../kernel/metrics/index.js';
import { DefaultPicture } from './default-picture.js';
import { UserSnapshotCache, type CachedUser } from './user-snapshot-cache.js';
import { snapshotOf, viewAt, type UserSnapshot, type UserView } from './user-snapshot.js';
import { recordOf } from './user.entity.js';
import type { UserRecord } from './user-record.js';
import { UsersRepository } from './users.repository.js';

const NO_MARKER: CachedUser = { hit: false, marker: '' };

/** The read path of guarantees §4. */
@Injectable()
export class UserReader {
  private readonly logger = new Logger('Users');
  private readonly view: UserView;
  private readonly looks: Readonly<Record<'hit' | 'miss' | 'bypassed', { inc(): void }>>;
  /** A record is the same object as long as its bytes are the same; so is what is made of it. */
  private readonly snapshots = new WeakMap<UserRecord, UserSnapshot>();

  constructor(
    private readonly users: UsersRepository,
    private readonly cache: UserSnapshotCache,
    private readonly defaultPicture: DefaultPicture,
    metrics: Metrics,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    const looks = metrics.counter('user_cache_reads_total', 'Looks for a user in the cache: hit, miss (read from PostgreSQL, and kept), bypassed (there is no cache, or it could not be asked).', ['result']);
    this.looks = { hit: metrics.tally(looks, { result: 'hit' }), miss: metrics.tally(looks, { result: 'miss' }), bypassed: metrics.tally(looks, { result: 'bypassed' }) };
    this.view = viewAt(config.http.publicUrl);
  }

  /** Never older than what was acknowledged before the call. `entry`: a look at the cache that this very request has taken already. */
  async snapshot(userId: string, entry?: FencedRead): Promise<UserSnapshot | null> {
    const found = entry ? this.cache.decode(entry) : await this.look(userId);
    this.looks[found.hit ? 'hit' : found.marker === '' ? 'bypassed' : 'miss'].inc();
    if (found.hit) return this.snapshotOf(found.user);
    return found.marker === '' ? this.read(userId) : this.readAndFill(userId, found.marker);
  }

  /** What the entry says by itself; null when the database has to be asked, or what the operator shows. */
  snapshotIn(entry: FencedRead | undefined): UserSnapshot | null {
    const found = entry?.hit ? this.cache.decode(entry) : null;
    if (!found?.hit || (found.user.pictureKey === null && this.defaultPicture.isShown)) return null;
    this.looks.hit.inc();
    return this.shownWith(found.user, null);
  }

  private async read(userId: string): Promise<UserSnapshot | null> {
    const row = await this.users.byId(userId);
    return row && this.snapshotOf(recordOf(row));
  }

  /** The order is the protocol: the marker first, then whether a writer holds the row, then the row, then the fill. */
  private async readAndFill(userId: string, marker: string): Promise<UserSnapshot | null> {
    const { user: row, isHeld } = await this.users.byIdProbed(userId);
    if (!row) return null;
    const user = recordOf(row);
    if (!isHeld) await this.fill(marker, user);
    return this.snapshotOf(user);
  }

  async snapshotOf(user: UserRecord): Promise<UserSnapshot> {
    return this.shownWith(user, user.pictureKey === null ? await this.defaultPicture.current() : null);
  }

  /** The same for a user whose change is committed. Throws `request.outcome_unknown`. */
  snapshotOfWritten(user: UserRecord): Promise<UserSnapshot> {
    return afterCommit(() => this.snapshotOf(user));
  }

  /** The same for who holds a transaction. */
  async snapshotWithin(manager: EntityManager, user: UserRecord): Promise<UserSnapshot> {
    return this.shownWith(user, user.pictureKey === null ? await this.defaultPicture.currentWithin(manager) : null);
  }

  /** In the same order. */
  snapshotsOf(users: readonly UserRecord[]): Promise<UserSnapshot[]> {
    return Promise.all(users.map((user) => this.snapshotOf(user)));
  }

  private shownWith(user: UserRecord, defaultKey: string | null): UserSnapshot {
    const known = this.snapshots.get(user);
    if (known?.defaultKey === defaultKey) return known;
    const snapshot = snapshotOf(user, this.view, defaultKey);
    this.snapshots.set(user, snapshot);
    return snapshot;
  }

  private async look(userId: string): Promise<CachedUser> {
    try {
      return await this.cache.read(userId);
    } catch (error) {
      // The database alone is as fresh, only slower.
      this.logger.debug(`cache read: ${String(error)}`);
      return NO_MARKER;
    }
  }

  private async fill(marker: string, user: UserRecord): Promise<void> {
    try {
      await this.cache.fill(marker, user);
    } catch (error) {
      this.logger.debug(`cache fill: ${String(error)}`);
    }
  }
}
