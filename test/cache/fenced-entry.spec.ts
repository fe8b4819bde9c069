import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { FencedEntry, RedisConnection, type FencedRead } from '../../src/kernel/cache/index.js';
import { testRedis, type TestRedis } from '../kit/redis.js';

const SHAPE = { schema: 3, generation: 'g1' };
const markerOf = (read: FencedRead): string => {
  if (read.hit) throw new Error('a hit');
  return read.marker;
};

/** Step by step what the protocol's model does (guarantees §4), on a real server. */
describe('fenced entry', () => {
  let own: TestRedis;
  let redis: RedisConnection;
  let entry: FencedEntry;
  let userId: string;

  const bound = (shape: { schema: number; generation: string } = SHAPE): FencedEntry => {
    const other = new FencedEntry(redis);
    other.bind(shape);
    return other;
  };
  const filled = async (version: number, value: string): Promise<void> => {
    expect(await entry.fill(userId, markerOf(await entry.read(userId)), version, value)).toBe(true);
  };

  beforeAll(async () => {
    own = await testRedis();
    redis = RedisConnection.create({ kind: 'standalone', url: own.url });
    await redis.connect();
    entry = bound();
  });
  beforeEach(() => { userId = randomUUID(); });
  afterAll(async () => { redis.close(); await own.close(); });

  it('places a lease on a miss, lets its holder fill, and serves the value', async () => {
    const value = 'a|b\n{"é":"\u0000"}';
    await filled(1, value);
    expect(await entry.read(userId)).toMatchObject({ hit: true, value });
  });

  it('sends a value once to who has it, and asks each time whether it is still there', async () => {
    await filled(1, 'one');
    const replies = jest.spyOn(redis, 'runPrepared');
    try {
      const first = await entry.read(userId);
      expect(await entry.read(userId)).toBe(first);
      expect(await Promise.all(replies.mock.results.map(({ value }) => value))).toEqual([[1, expect.stringContaining('one'), expect.any(Number)], [2]]);
    } finally {
      replies.mockRestore();
    }
    const other = bound();
    await other.fence(userId, 2);
    const marker = markerOf(await entry.read(userId));
    expect(await other.fill(userId, marker, 2, 'two')).toBe(true);
    expect(await entry.read(userId)).toMatchObject({ hit: true, value: 'two' });
    await redis.client.del(entry.key(userId));
    expect((await entry.read(userId)).hit).toBe(false);
  });

  it('gives those who ask at once one object for the same bytes', async () => {
    await filled(1, 'one');
    const [one, other] = await Promise.all([entry.read(userId), entry.read(userId)]);
    expect(other).toBe(one);
  });

  it('takes a value for gone whose stamp is that of a server before', async () => {
    await filled(1, 'one');
    const seen = await entry.read(userId);
    if (!seen.hit) throw new Error('a miss');
    const stamp = seen.stamp.charAt(0) + randomBytes(40).toString('hex') + seen.stamp.slice(81);
    await redis.client.set(entry.key(userId), stamp + seen.value, 'KEEPTTL');
    Object.assign(seen, { stamp });
    expect((await entry.read(userId)).hit).toBe(false);
  });

  it('believes nothing of a generation before, though it was asked for while that was the current one, nor keeps it', async () => {
    for (const isKnown of [false, true]) {
      userId = randomUUID();
      const own = bound();
      expect(await own.fill(userId, markerOf(await own.read(userId)), 1, 'before the restore')).toBe(true);
      if (isKnown) await own.read(userId);
      const run = redis.runPrepared.bind(redis);
      const late = jest.spyOn(redis, 'runPrepared').mockImplementationOnce(async (...args) => {
        const reply = await run(...args);
        own.bind({ ...SHAPE, generation: 'g2' });
        return reply;
      });
      expect(await own.read(userId)).toEqual({ hit: false, marker: '' });
      late.mockRestore();
      expect((await own.read(userId)).hit).toBe(false);
    }
  });

  it('shows the same lease to the next reader, and only the first of them fills', async () => {
    const [one, other] = [markerOf(await entry.read(userId)), markerOf(await entry.read(userId))];
    expect(other).toBe(one);
    expect(await entry.fill(userId, one, 1, 'first')).toBe(true);
    expect(await entry.fill(userId, other, 1, 'second')).toBe(false);
    expect(await entry.read(userId)).toMatchObject({ hit: true, value: 'first' });
  });

  it('lets nobody fill under a lease that a fence replaced, not even with a newer version', async () => {
    const lease = markerOf(await entry.read(userId));
    await entry.fence(userId, 2);
    expect(await entry.fill(userId, lease, 1, 'old')).toBe(false);
    expect(await entry.fill(userId, lease, 3, 'newer')).toBe(false);
    expect((await entry.read(userId)).hit).toBe(false);
  });

  it('lets nobody fill under a lease that is gone', async () => {
    const lease = markerOf(await entry.read(userId));
    await redis.client.del(entry.key(userId));
    expect(await entry.fill(userId, lease, 1, 'old')).toBe(false);
    await entry.read(userId);
    expect(await entry.fill(userId, lease, 1, 'old')).toBe(false);
  });

  it('replaces a value by a tombstone, under which only what is not older may be filled in', async () => {
    await filled(1, 'one');
    await entry.fence(userId, 2);
    const tombstone = markerOf(await entry.read(userId));
    expect(await entry.fill(userId, tombstone, 1, 'one')).toBe(false);
    expect(await entry.fill(userId, tombstone, 2, 'two')).toBe(true);
    expect(await entry.read(userId)).toMatchObject({ hit: true, value: 'two' });
  });

  it('keeps the higher version of two tombstones, compared as numbers, and gives it a new marker', async () => {
    await entry.fence(userId, 10);
    const first = markerOf(await entry.read(userId));
    await entry.fence(userId, 9);
    const second = markerOf(await entry.read(userId));
    expect(second).not.toBe(first);
    expect(await entry.fill(userId, first, 10, 'ten')).toBe(false);
    expect(await entry.fill(userId, second, 9, 'nine')).toBe(false);
    expect(await entry.fill(userId, second, 10, 'ten')).toBe(true);
  });

  it('takes a value of another schema or generation for a miss, and the reader may fill in its own', async () => {
    await filled(1, 'mine');
    for (const shape of [{ ...SHAPE, schema: 4 }, { ...SHAPE, generation: 'g2' }, { schema: 3, generation: 'g' }]) {
      const other = bound(shape);
      const read = await other.read(userId);
      expect(read.hit).toBe(false);
      expect(await other.fill(userId, markerOf(read), 1, 'theirs')).toBe(true);
      expect(await other.read(userId)).toMatchObject({ hit: true, value: 'theirs' });
      expect((await entry.read(userId)).hit).toBe(false);
      await redis.client.del(entry.key(userId));
      await filled(1, 'mine');
    }
  });

  it.each(['run_id', 'master_replid'])('believes nothing that carries another %s, neither value nor lease nor tombstone', async (part) => {
    const key = entry.key(userId);
    const stranger = async (): Promise<void> => {
      const text = (await redis.client.get(key))!;
      const at = part === 'run_id' ? 1 : 41;
      await redis.client.set(key, text.slice(0, at) + randomBytes(20).toString('hex') + text.slice(at + 40), 'KEEPTTL');
    };
    await filled(1, 'old file');
    await stranger();
    expect((await entry.read(userId)).hit).toBe(false);
    await redis.client.del(key);
    const lease = markerOf(await entry.read(userId));
    await stranger();
    expect(await entry.fill(userId, lease, 1, 'old')).toBe(false);
    expect(markerOf(await entry.read(userId))).not.toBe(lease);
    await entry.fence(userId, 9);
    const tombstone = markerOf(await entry.read(userId));
    await stranger();
    expect(await entry.fill(userId, tombstone, 9, 'old')).toBe(false);
    expect(await entry.fill(userId, markerOf(await entry.read(userId)), 1, 'new')).toBe(true);
  });

  it('reads and writes nothing before it knows what is cached', async () => {
    await filled(1, 'mine');
    const unbound = new FencedEntry(redis);
    const read = await unbound.read(userId);
    expect(read).toEqual({ hit: false, marker: '' });
    expect(await unbound.fill(userId, markerOf(read), 1, 'x')).toBe(false);
    expect(await entry.read(userId)).toMatchObject({ hit: true, value: 'mine' });
  });

  it('gives every entry an expiry: a lease lives shorter than a tombstone, a tombstone shorter than a value', async () => {
    const lives: number[] = [];
    const note = async (): Promise<unknown> => lives.push(await redis.client.pttl(entry.key(userId)));
    const lease = markerOf(await entry.read(userId));
    await note();
    await entry.fence(userId, 1);
    await note();
    expect(await entry.fill(userId, lease, 1, '')).toBe(false);
    await entry.fill(userId, markerOf(await entry.read(userId)), 1, 'value');
    await note();
    expect(lives[0]).toBeGreaterThan(0);
    expect(lives).toEqual([...lives].sort((a, b) => a - b));
  });
});
