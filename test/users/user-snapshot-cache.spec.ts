import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FencedEntry, RedisConnection } from '../../src/kernel/cache/index.js';
import { NoUserSnapshotCache } from '../../src/modules/users/no-user-snapshot-cache.js';
import { RedisUserSnapshotCache } from '../../src/modules/users/redis-user-snapshot-cache.js';
import { testRedis, type TestRedis } from '../kit/redis.js';
import { describeUserSnapshotCache, userRecord } from './user-snapshot-cache.contract.js';

describeUserSnapshotCache('none', () => new NoUserSnapshotCache());

describe('on Redis', () => {
  let redis: TestRedis;
  let connection: RedisConnection;
  let entry: FencedEntry;
  beforeAll(async () => {
    redis = await testRedis();
    connection = RedisConnection.create({ kind: 'standalone', url: redis.url });
    await connection.connect();
    entry = new FencedEntry(connection);
    entry.bind({ schema: 1, generation: 'one' });
  });
  afterAll(async () => {
    connection.close();
    await redis.close();
  });

  describeUserSnapshotCache('Redis', () => new RedisUserSnapshotCache(entry));

  it('does keep a value', async () => {
    const cache = new RedisUserSnapshotCache(entry);
    const user = userRecord(1);
    const met = await cache.read(user.id);
    expect(await cache.fill(met.hit ? '' : met.marker, user)).toBe(true);
    expect(await cache.read(user.id)).toEqual({ hit: true, user });
  });

  it('takes a value of another generation for none', async () => {
    const cache = new RedisUserSnapshotCache(entry);
    const user = userRecord(1);
    const met = await cache.read(user.id);
    await cache.fill(met.hit ? '' : met.marker, user);
    const restored = new FencedEntry(connection);
    restored.bind({ schema: 1, generation: 'two' });
    expect((await new RedisUserSnapshotCache(restored).read(user.id)).hit).toBe(false);
  });
});
