import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import type { SettingName } from '../../src/kernel/config/index.js';
import { AppError } from '../../src/kernel/errors/index.js';
import { limitHeadersOf, Limits, type Charge } from '../../src/kernel/limits/index.js';
import { Metrics } from '../../src/kernel/metrics/index.js';
import { testConfig } from '../kit/config.js';
import { startCluster } from '../kit/private-redis.js';
import { testRedis } from '../kit/redis.js';
import { isLong } from '../kit/run-length.js';
import { bePatient } from '../tokens/redis-store.js';

const LOGIN: readonly Charge[] = [['login-account', 'ada'], ['login-address']];
/** Many times what the limit allows. */
const CROWD = isLong ? 200 : 60;
const from = (ipAddress: string) => ({ ipAddress });
const wrong = async (): Promise<never> => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  throw new AppError('auth.invalid_credentials', 401, 'no');
};
const right = async (): Promise<string> => {
  await new Promise((resolve) => setTimeout(resolve, 5));
  return 'in';
};
const codeOf = (attempt: Promise<unknown>): Promise<string> => attempt.then(() => 'in', (error: AppError) => error.code);
const tally = (codes: readonly string[]): Record<string, number> => codes.reduce<Record<string, number>>((sum, code) => ({ ...sum, [code]: (sum[code] ?? 0) + 1 }), {});

const KINDS = ['memory', 'Redis', 'a Redis Cluster of three masters'] as const;

/** A store that all instances share. */
interface SharedStore {
  readonly settings: Partial<Record<SettingName, string>>;
  flush(): Promise<unknown>;
  keys(): Promise<readonly { readonly key: string; readonly ttlMs: number }[]>;
  close(): Promise<unknown>;
}

const keysOf = async (node: Redis): Promise<{ key: string; ttlMs: number }[]> =>
  Promise.all((await node.keys('rl:*')).map(async (key) => ({ key, ttlMs: await node.pttl(key) })));

async function oneServer(): Promise<SharedStore> {
  const own = await testRedis();
  const client = new Redis(own.url);
  return {
    settings: { REDIS_URL: own.url },
    flush: () => own.flush(),
    keys: () => keysOf(client),
    close: async () => {
      client.disconnect();
      await own.close();
    },
  };
}

async function threeMasters(): Promise<SharedStore> {
  const nodes = await startCluster();
  const clients = nodes.map(({ port }) => new Redis(port, '127.0.0.1'));
  return {
    settings: { REDIS_CLUSTER_NODES: nodes.map(({ port }) => `127.0.0.1:${port}`).join(',') },
    flush: () => Promise.all(clients.map((client) => client.flushall())),
    keys: async () => (await Promise.all(clients.map(keysOf))).flat(),
    close: async () => {
      clients.forEach((client) => client.disconnect());
      await Promise.all(nodes.map((node) => node.remove()));
    },
  };
}

describe.each(KINDS)('limits in %s', (kind) => {
  let redis: SharedStore | null = null;
  let metrics: Metrics;
  let connections: RedisConnection[] = [];
  let limits: Limits;
  let other: Limits;

  beforeAll(async () => {
    if (kind === 'memory') return;
    redis = kind === 'Redis' ? await oneServer() : await threeMasters();
    const config = testConfig({ DATABASE_URL: 'postgres://x/x', ...redis.settings });
    connections = [RedisConnection.create(config.redis!), RedisConnection.create(config.redis!)];
    await Promise.all(connections.map((connection) => connection.connect()));
    connections.forEach((redis) => bePatient({ redis }));
  });
  afterAll(async () => {
    connections.forEach((connection) => connection.close());
    await redis?.close();
  });

  const fresh = (settings = {}): void => {
    const config = testConfig({ DATABASE_URL: 'postgres://x/x', ...settings });
    metrics = new Metrics();
    limits = new Limits(config, connections[0] ?? null, metrics);
    other = new Limits(config, connections[1] ?? null, new Metrics());
  };
  afterEach(() => redis?.flush());

  it('let no burst of guesses have more tries than the limit says', async () => {
    fresh();
    let tries = 0;
    const guess = (): Promise<never> => ((tries += 1), wrong());
    const codes = await Promise.all(Array.from({ length: 100 }, () => codeOf(limits.attempt(from('192.0.2.1'), LOGIN, guess))));
    expect(tries).toBe(10);
    expect(tally(codes)).toEqual({ 'auth.invalid_credentials': 10, 'request.rate_limited': 90 });
  });

  it('count no success: 200 at once who know the password all get in', async () => {
    fresh();
    const codes = await Promise.all(Array.from({ length: 200 }, () => codeOf(limits.attempt(from('192.0.2.1'), LOGIN, right))));
    expect(tally(codes)).toEqual({ in: 200 });
    expect(tally(await Promise.all(Array.from({ length: 9 }, () => codeOf(limits.attempt(from('192.0.2.1'), LOGIN, wrong)))))).toEqual({ 'auth.invalid_credentials': 9 });
  });

  it('let an owner who mistyped start anew after a success', async () => {
    fresh();
    for (let round = 0; round < 3; round++) {
      for (let guess = 0; guess < 9; guess++) expect(await codeOf(limits.attempt(from('192.0.2.1'), LOGIN, wrong))).toBe('auth.invalid_credentials');
      expect(await codeOf(limits.attempt(from('192.0.2.1'), LOGIN, right))).toBe('in');
    }
  });

  it('never lock the account out elsewhere', async () => {
    fresh();
    for (let guess = 0; guess < 12; guess++) await codeOf(limits.attempt(from('192.0.2.1'), LOGIN, wrong));
    expect(await codeOf(limits.attempt(from('192.0.2.1'), LOGIN, right))).toBe('request.rate_limited');
    expect(await codeOf(limits.attempt(from('192.0.2.2'), LOGIN, right))).toBe('in');
    expect(await codeOf(limits.attempt(from('192.0.2.1'), [['login-account', 'eve'], ['login-address']], right))).toBe('in');
  });

  /** Counters that stay to the end of their window; where they can be seen. */
  const countersLeft = async (): Promise<number> => (await redis?.keys())?.filter(({ key }) => !key.includes(':now:')).length ?? Number.NaN;

  it('count the guesses at many accounts from one address, and one network of IPv6 as one address', async () => {
    fresh();
    const guess = (index: number) => codeOf(limits.attempt(from(`2001:db8::${index.toString(16)}`), [['login-account', `user-${index}`], ['login-address']], wrong));
    const codes = await Promise.all(Array.from({ length: 320 }, (_, index) => guess(index)));
    expect(tally(codes)).toEqual({ 'auth.invalid_credentials': 300, 'request.rate_limited': 20 });
    // What is refused by the address makes no counter for the account that it named.
    if (redis) expect(await countersLeft()).toBe(301);
    expect(await codeOf(limits.attempt(from('2001:db8:0:1::1'), LOGIN, right))).toBe('in');
  });

  it('count nothing that failed for other reasons', async () => {
    fresh();
    const away = (): Promise<never> => Promise.reject(new AppError('service.unavailable', 503, 'away'));
    for (let round = 0; round < 15; round++) expect(await codeOf(limits.attempt(from('192.0.2.1'), LOGIN, away))).toBe('service.unavailable');
    if (redis) expect(await countersLeft()).toBe(0);
    expect(await codeOf(limits.attempt(from('192.0.2.1'), LOGIN, right))).toBe('in');
  });

  it('make no counter of a mailbox for an address that asked too often', async () => {
    fresh();
    const ask = (index: number) => codeOf(limits.count(from('192.0.2.1'), ['forgot-account', `${index}@example.test`], ['forgot-address']));
    const codes = await Promise.all(Array.from({ length: 80 }, (_, index) => ask(index)));
    expect(tally(codes)).toEqual({ in: 50, 'request.rate_limited': 30 });
    if (redis) expect(await countersLeft()).toBe(51);
  });

  it('do nothing when they are off', async () => {
    fresh({ RATE_LIMITS: 'off' });
    const request = from('192.0.2.1');
    const codes = await Promise.all(Array.from({ length: 30 }, () => codeOf(limits.attempt(request, LOGIN, wrong))));
    expect(tally(codes)).toEqual({ 'auth.invalid_credentials': 30 });
    expect(limitHeadersOf(request)).toBeUndefined();
  });

  it('say in header fields what is left', async () => {
    fresh();
    const request = from('192.0.2.1');
    await codeOf(limits.attempt(request, LOGIN, wrong));
    expect(limitHeadersOf(request)!['ratelimit']).toMatch(/^"login-account";r=9;t=(900|899), "login-address";r=299;t=(900|899)$/);
    expect(limitHeadersOf(request)!['ratelimit-policy']).toBe('"login-account";q=10;w=900, "login-address";q=300;w=900');
    await limits.attempt(request, LOGIN, right);
    expect(limitHeadersOf(request)!['ratelimit']).toMatch(/^"login-account";r=10;t=\d+, "login-address";r=299;t=\d+$/);
  });

  it('are counted by the limit that was hit, and by nothing that says who', async () => {
    fresh();
    for (let guess = 0; guess < 13; guess++) await codeOf(limits.attempt(from('192.0.2.1'), LOGIN, wrong));
    for (let request = 0; request < 6; request++) await codeOf(limits.count(from('192.0.2.1'), ['forgot-account', 'ada']));
    const lines = (await metrics.registry.metrics()).split('\n').filter((line) => line.startsWith('likeness_rate_limited_total{'));
    expect(lines).toEqual(['likeness_rate_limited_total{limit="login-account"} 3', 'likeness_rate_limited_total{limit="forgot-account"} 1']);
  });

  if (kind !== 'memory') {
    it('are shared by all instances, in a burst too', async () => {
      fresh();
      const guess = (index: number) => codeOf([limits, other][index % 2]!.attempt(from('192.0.2.1'), LOGIN, wrong));
      const codes = await Promise.all(Array.from({ length: 60 }, (_, index) => guess(index)));
      expect(tally(codes)).toEqual({ 'auth.invalid_credentials': 10, 'request.rate_limited': 50 });
    });

    it(`let ${CROWD} who know the password in at once through two instances`, async () => {
      fresh();
      const login = (index: number) => codeOf([limits, other][index % 2]!.attempt(from('192.0.2.1'), LOGIN, right));
      expect(tally(await Promise.all(Array.from({ length: CROWD }, (_, index) => login(index))))).toEqual({ in: CROWD });
    });

    it('leave nothing in the store that says who, or that stays', async () => {
      fresh();
      await codeOf(limits.attempt(from('192.0.2.77'), LOGIN, wrong));
      const keys = await redis!.keys();
      // Of another test something may still be under way; it must be of these kinds too.
      const kinds = new Set(keys.map(({ key }) => key.replace(/:[\w-]{43}$/, '')));
      expect([...kinds].filter((kind) => kind !== 'rl:login-account:now').sort()).toEqual(['rl:login-account', 'rl:login-address']);
      // One that says how many run may have gone since it was listed.
      for (const { key, ttlMs } of keys) expect(key.includes(':now:') && ttlMs === -2 ? 1 : ttlMs).toBeGreaterThan(0);
    });
  }
});

it('fail closed when Redis is not there', async () => {
  const config = testConfig({ DATABASE_URL: 'postgres://x/x', REDIS_URL: 'redis://127.0.0.1:1/0' });
  const connection = RedisConnection.create(config.redis!);
  await connection.connect();
  let isTried = false;
  const code = await codeOf(new Limits(config, connection, new Metrics()).attempt(from('192.0.2.1'), LOGIN, async () => void (isTried = true)));
  connection.close();
  expect([code, isTried]).toEqual(['service.unavailable', false]);
});
