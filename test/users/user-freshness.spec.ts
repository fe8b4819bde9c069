import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import { Transactions } from '../../src/kernel/database/index.js';
import { CacheGeneration } from '../../src/modules/users/cache-generation.js';
import { UserAdminService } from '../../src/modules/users/user-admin.service.js';
import { UserSnapshotCache } from '../../src/modules/users/user-snapshot-cache.js';
import { UsersRepository } from '../../src/modules/users/users.repository.js';
import { UsersService, type UserSnapshot } from '../../src/modules/users/index.js';
import { usersRig, type UsersRig } from './users-rig.js';
import { eventually } from '../kit/eventually.js';

const held = (): { promise: Promise<void>; release: () => void } => {
  let release = (): void => undefined;
  const promise = new Promise<void>((resolve) => (release = resolve));
  return { promise, release };
};

describe('readers and writers of a user, with the cache', () => {
  let rig: UsersRig;
  let admin: UserAdminService;
  let redis: Redis;
  beforeAll(async () => {
    rig = await usersRig({ isWithRedis: true });
    admin = rig.get(UserAdminService);
    redis = new Redis(rig.redisUrl!);
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  afterAll(async () => {
    await redis?.quit();
    await rig?.close();
  });

  /** A read that has the row in hand and has not filled yet, until it is released. */
  const stopBeforeFill = (): { isRead: Promise<void>; release: () => void } => {
    const read = held();
    const hold = held();
    const users = rig.get(UsersRepository);
    const byIdProbed = users.byIdProbed.bind(users);
    jest.spyOn(users, 'byIdProbed').mockImplementationOnce(async (id) => {
      const answer = await byIdProbed(id);
      read.release();
      await hold.promise;
      return answer;
    });
    return { isRead: read.promise, release: hold.release };
  };
  const versionOf = async (user: UserSnapshot): Promise<number | undefined> => (await rig.users.snapshot(user.userId))?.version;
  const databaseReads = (): { count: number } => {
    const seen = { count: 0 };
    const users = rig.get(UsersRepository);
    const byIdProbed = users.byIdProbed.bind(users);
    jest.spyOn(users, 'byIdProbed').mockImplementation((id) => ((seen.count += 1), byIdProbed(id)));
    return seen;
  };

  it('asks the database once, and the cache from then on', async () => {
    const user = await rig.add();
    const reads = databaseReads();
    expect(await rig.users.snapshot(user.userId)).toEqual(user);
    expect(await rig.users.snapshot(user.userId)).toEqual(user);
    expect(reads.count).toBe(1);
  });

  it('lets a reader who read before the change fill nothing after it', async () => {
    const user = await rig.add();
    const { isRead, release } = stopBeforeFill();
    const slow = versionOf(user);
    await isRead;
    await admin.change(user.userId, { displayName: 'Newer' });
    release();
    expect(await slow).toBe(1);
    expect(await versionOf(user)).toBe(2);
  });

  it('lets a reader who comes between the fence and the commit fill nothing old', async () => {
    const user = await rig.add();
    await versionOf(user);
    const during: (number | undefined)[] = [];
    let isOn = true;
    rig.bus.on('user.changed', 'beforeCommit', async ({ userId }) => {
      if (isOn && userId === user.userId) during.push(await versionOf(user), await versionOf(user));
    });
    await admin.change(user.userId, { displayName: 'Newer' });
    isOn = false;
    expect(during).toEqual([1, 1]);
    expect(await versionOf(user)).toBe(2);
  });

  it('leaves nothing stale when the writer dies between the commit and the second fence', async () => {
    const user = await rig.add();
    await versionOf(user);
    const cache = rig.get(UserSnapshotCache);
    const fence = cache.fence.bind(cache);
    let calls = 0;
    jest.spyOn(cache, 'fence').mockImplementation((id, version) => (calls++ === 0 ? fence(id, version) : new Promise(() => undefined)));
    void admin.change(user.userId, { displayName: 'Never answered' });
    await eventually('both calls have begun', () => calls >= 2);
    expect(await versionOf(user)).toBe(2);
  });

  it('is not fooled by a Redis that forgot the first fence', async () => {
    const user = await rig.add();
    rig.bus.on('user.changed', 'beforeCommit', async ({ userId }) => {
      if (userId !== user.userId) return;
      // Redis comes back empty, and a reader fills what is still the truth.
      await redis.del(await keyOf(userId));
      await versionOf(user);
    });
    await admin.change(user.userId, { displayName: 'Newer' });
    expect(await versionOf(user)).toBe(2);
  });
  const keyOf = async (userId: string): Promise<string> => {
    const tag = Buffer.from(userId.replaceAll('-', ''), 'hex').toString('base64url');
    return `us:{${tag}}`;
  };

  it('keeps nothing of a row that a writer holds, though Redis forgot the fence: nobody who reads the cache is behind who reads the database', async () => {
    const user = await rig.add();
    const cache = rig.get(UserSnapshotCache);
    const seen: (number | undefined)[] = [];
    rig.bus.on('user.changed', 'beforeCommit', async ({ userId }) => {
      if (userId !== user.userId) return;
      await redis.del(await keyOf(userId));
      seen.push(await versionOf(user));
    });
    const fence = cache.fence.bind(cache);
    let calls = 0;
    jest.spyOn(cache, 'fence').mockImplementation(async (id, version) => {
      // Committed, and not fenced again.
      if ((calls += 1) === 2) seen.push((await rig.users.snapshots([id]))[0]?.version, await versionOf(user));
      await fence(id, version);
    });
    await admin.change(user.userId, { displayName: 'Newer' });
    expect(seen).toEqual([1, 2, 2]);
  });

  it('keeps nothing while somebody holds the row, and keeps it again when it is free', async () => {
    const user = await rig.add();
    const reads = databaseReads();
    await rig.get(Transactions).run(async (manager) => {
      await rig.users.hold(manager, user.userId);
      await versionOf(user);
      await versionOf(user);
    });
    expect(reads.count).toBe(2);
    await versionOf(user);
    await versionOf(user);
    expect(reads.count).toBe(3);
  });

  it('reads the very same of a user in both ways', async () => {
    const user = await rig.add({ displayName: 'Ünïcode “quoted”', locale: 'de', roles: ['admin'], externalId: 'x-1' });
    const users = rig.get(UsersRepository);
    const [plain, probed] = [await users.byId(user.userId), await users.byIdProbed(user.userId)];
    expect(probed).toEqual({ user: plain, isHeld: false });
    expect(plain).not.toBeNull();
  });

  it('caches nobody who is not there, and forgets who was deleted', async () => {
    const user = await rig.add();
    await versionOf(user);
    await admin.remove(user.userId);
    expect(await rig.users.snapshot(user.userId)).toBeNull();
    expect(await rig.users.snapshot(user.userId)).toBeNull();
    const { isRead, release } = stopBeforeFill();
    const other = await rig.add();
    const slow = rig.users.snapshot(other.userId);
    await isRead;
    await admin.remove(other.userId);
    release();
    await slow;
    expect(await rig.users.snapshot(other.userId)).toBeNull();
  });

  it('reads the database when the cache is away', async () => {
    const user = await rig.add();
    jest.spyOn(rig.get(UserSnapshotCache), 'read').mockRejectedValue(new Error('away'));
    expect(await rig.users.snapshot(user.userId)).toEqual(user);
  });

  it('forgets everything when PostgreSQL is no longer the one that was read', async () => {
    const user = await rig.add();
    await versionOf(user);
    const reads = databaseReads();
    await rig.observer.query('UPDATE cache_generation SET counter = counter + 1');
    await rig.get(CacheGeneration).refresh();
    await versionOf(user);
    await versionOf(user);
    expect(reads.count).toBe(1);
  });

  it('never answers a version older than one acknowledged before the question, on any instance, and never goes back', async () => {
    const second = await rig.another();
    const instances = [rig.users, second.get(UsersService)];
    const writers = [admin, second.get(UserAdminService)];
    const user = await rig.add();
    let acknowledged = 1;
    let isOver = false;
    const faults: string[] = [];
    const reader = async (instance: UsersService): Promise<number> => {
      let last = 0;
      let count = 0;
      while (!isOver) {
        const floor = acknowledged;
        const { version } = (await instance.snapshot(user.userId))!;
        if (version < floor) faults.push(`${version} after ${floor} was acknowledged`);
        if (version < last) faults.push(`${version} after ${last} was read`);
        last = version;
        count += 1;
        if (count % 7 === 0) await new Promise((resolve) => setTimeout(resolve, Math.random() * 3));
      }
      return count;
    };
    const readers = Array.from({ length: 8 }, (_, index) => reader(instances[index % 2]!));
    const writer = async (which: number): Promise<void> => {
      for (let round = 0; round < 60; round += 1) {
        const { version } = await writers[which]!.change(user.userId, { displayName: `Name ${which} ${round}` });
        acknowledged = Math.max(acknowledged, version);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * 8));
      }
    };
    await Promise.all([writer(0), writer(1)]);
    isOver = true;
    const counts = await Promise.all(readers);
    expect(faults).toEqual([]);
    expect(Math.min(...counts)).toBeGreaterThan(20);
    expect(acknowledged).toBe(121);
  });
});
