import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { AppError } from '../../src/kernel/errors/index.js';
import { limitHeadersOf, Limits, type Charge } from '../../src/kernel/limits/index.js';
import { Metrics } from '../../src/kernel/metrics/index.js';
import { testConfig } from '../kit/config.js';
import { testRedis } from '../kit/redis.js';
import { bePatient, openRedisStore, type RedisStoreUnderTest } from '../tokens/redis-store.js';
import { login, refreshInput, type Issued } from '../tokens/token-store-under-test.js';

const CHARGES: readonly Charge[] = [['refresh-token', 'lr_some'], ['refresh-address']];
const POINTS = 300;

describe('room within limits, seen by the step that they bound', () => {
  let store: RedisStoreUnderTest;
  let own: Awaited<ReturnType<typeof testRedis>>;
  let limits: Limits;
  let issued: Issued;

  beforeAll(async () => {
    own = await testRedis();
    store = bePatient(await openRedisStore({ kind: 'standalone', url: own.url }));
    limits = new Limits(testConfig({ REDIS_URL: own.url }), store.redis, new Metrics());
  });
  beforeEach(async () => {
    await own.flush();
    const userId = randomUUID();
    const read = await store.entries.read(userId);
    if (!read.hit) await store.entries.fill(userId, read.marker, 1, '{}');
    issued = await login(store.tokens, userId);
  });
  afterAll(async () => {
    await store.close();
    await own.close();
  });

  const request = () => ({ ipAddress: '192.0.2.7' });
  const rotate = async (meta: { ipAddress: string }, generation = 1): Promise<boolean> => {
    const { userId, id: sessionId, idleExpiresAt } = issued.session;
    const secret = await store.tokens.sessionSecret(userId, sessionId, idleExpiresAt);
    if (secret.state !== 'live') throw new Error(secret.state);
    const { salt: _salt, userId: _userId, sessionId: _sessionId, graceSeconds: _grace, ...input } = refreshInput(issued, { generation });
    const seen = { userId, sessionId, salt: secret.salt, userEpoch: secret.userEpoch, entryStamp: secret.entry?.hit ? secret.entry.stamp : '' };
    return (await store.tokens.rotate({ ...input, seen, room: limits.roomFor(meta, CHARGES)! })) !== null;
  };
  const guess = (): Promise<string> =>
    limits.attempt(request(), CHARGES, () => Promise.reject(new AppError('auth.token_malformed', 401, 'no'))).catch((reason: AppError) => reason.code);
  const keys = async (): Promise<Record<string, [value: string | null, ttlMs: number]>> => {
    const names = (await store.redis.client.keys('*rl:*')).sort();
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, [await store.redis.client.get(name), await store.redis.client.pttl(name)]])));
  };

  it('leaves the counters, and says of them, what an attempt that succeeds does', async () => {
    for (const guesses of [0, 3]) {
      await own.flush();
      for (let count = 0; count < guesses; count += 1) expect(await guess()).toBe('auth.token_malformed');
      const attempted = request();
      await limits.attempt(attempted, CHARGES, () => Promise.resolve());
      const [headers, counters] = [limitHeadersOf(attempted), await keys()];

      await own.flush();
      for (let count = 0; count < guesses; count += 1) await guess();
      const userId = randomUUID();
      const read = await store.entries.read(userId);
      if (!read.hit) await store.entries.fill(userId, read.marker, 1, '{}');
      issued = await login(store.tokens, userId);
      const rotated = request();
      expect(await rotate(rotated)).toBe(true);
      const withoutTimes = (all: Awaited<ReturnType<typeof keys>>): unknown => Object.entries(all).map(([name, [value]]) => [name, value]);
      expect(withoutTimes(await keys())).toEqual(withoutTimes(counters));
      expect(Object.values(await keys()).every(([, ttlMs]) => ttlMs > 890_000 && ttlMs <= 900_000)).toBe(true);
      const withoutSeconds = (all: ReturnType<typeof limitHeadersOf>): unknown => ({ ...all, ratelimit: all?.ratelimit.replaceAll(/t=\d+/g, 't') });
      expect(withoutSeconds(limitHeadersOf(rotated))).toEqual(withoutSeconds(headers));
    }
  });

  it('rotates with the last point, and touches nothing without one', async () => {
    for (let count = 1; count < POINTS; count += 1) await guess();
    expect(await rotate(request())).toBe(true);
    expect(await guess()).toBe('auth.token_malformed');
    const [before, meta] = [await keys(), request()];
    expect(await rotate(meta, 2)).toBe(false);
    expect(limitHeadersOf(meta)).toBeUndefined();
    expect(Object.entries(await keys()).map(([name, [value]]) => [name, value])).toEqual(Object.entries(before).map(([name, [value]]) => [name, value]));
    expect(await guess()).toBe('request.rate_limited');
  });

  it('is not to be had where counters are in memory, and always where nothing is counted', () => {
    expect(new Limits(testConfig(), null, new Metrics()).roomFor(request(), CHARGES)).toBeNull();
    expect(new Limits(testConfig({ RATE_LIMITS: 'off' }), store.redis, new Metrics()).roomFor(request(), CHARGES)?.text).toBe('');
  });
});
