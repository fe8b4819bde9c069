import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import { AppError } from '../../src/kernel/errors/index.js';
import { limitHeadersOf, Limits, type Charge } from '../../src/kernel/limits/index.js';
import { testConfig } from '../kit/config.js';
import { testRedis, type TestRedis } from '../kit/redis.js';

const LOGIN: readonly Charge[] = [['login-account', 'ada'], ['login-address']];
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

describe.each(['memory', 'Redis'] as const)('limits in %s', (kind) => {
  let redis: TestRedis | null = null;
  let connections: RedisConnection[] = [];
  let limits: Limits;
  let other: Limits;

  beforeAll(async () => {
    if (kind === 'memory') return;
    redis = await testRedis();
    const config = testConfig({ DATABASE_URL: 'postgres://x/x', REDIS_URL: redis.url });
    connections = [RedisConnection.create(config.redis!), RedisConnection.create(config.redis!)];
    await Promise.all(connections.map((connection) => connection.connect()));
  });
  afterAll(async () => {
    connections.forEach((connection) => connection.close());
    await redis?.close();
  });

  const fresh = (settings = {}): void => {
    const config = testConfig({ DATABASE_URL: 'postgres://x/x', ...settings });
    limits = new Limits(config, connections[0] ?? null);
    other = new Limits(config, connections[1] ?? null);
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

  it('count the guesses at many accounts from one address, and one network of IPv6 as one address', async () => {
    fresh();
    const guess = (index: number) => codeOf(limits.attempt(from(`2001:db8::${index.toString(16)}`), [['login-account', `user-${index}`], ['login-address']], wrong));
    const codes = await Promise.all(Array.from({ length: 320 }, (_, index) => guess(index)));
    expect(tally(codes)).toEqual({ 'auth.invalid_credentials': 300, 'request.rate_limited': 20 });
    expect(await codeOf(limits.attempt(from('2001:db8:0:1::1'), LOGIN, right))).toBe('in');
  });

  it('count nothing that failed for other reasons', async () => {
    fresh();
    const away = (): Promise<never> => Promise.reject(new AppError('service.unavailable', 503, 'away'));
    for (let round = 0; round < 15; round++) expect(await codeOf(limits.attempt(from('192.0.2.1'), LOGIN, away))).toBe('service.unavailable');
    expect(await codeOf(limits.attempt(from('192.0.2.1'), LOGIN, right))).toBe('in');
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

  if (kind === 'Redis') {
    it('are shared by all instances, in a burst too', async () => {
      fresh();
      const guess = (index: number) => codeOf([limits, other][index % 2]!.attempt(from('192.0.2.1'), LOGIN, wrong));
      const codes = await Promise.all(Array.from({ length: 60 }, (_, index) => guess(index)));
      expect(tally(codes)).toEqual({ 'auth.invalid_credentials': 10, 'request.rate_limited': 50 });
    });

    it('let 200 who know the password in at once through two instances', async () => {
      fresh();
      const login = (index: number) => codeOf([limits, other][index % 2]!.attempt(from('192.0.2.1'), LOGIN, right));
      expect(tally(await Promise.all(Array.from({ length: 200 }, (_, index) => login(index))))).toEqual({ in: 200 });
    });

    it('leave nothing in the store that says who, or that stays', async () => {
      fresh();
      await codeOf(limits.attempt(from('192.0.2.77'), LOGIN, wrong));
      const client = new Redis(redis!.url);
      const keys = (await client.keys('*')).filter((key) => key.startsWith('rl:'));
      expect(keys).toHaveLength(3);
      for (const key of keys) {
        expect(key).toMatch(/^rl:login-(account(:now)?|address):[\w-]{43}$/);
        expect(await client.pttl(key)).toBeGreaterThan(0);
      }
      await client.quit();
    });
  }
});

it('fail closed when Redis is not there', async () => {
  const config = testConfig({ DATABASE_URL: 'postgres://x/x', REDIS_URL: 'redis://127.0.0.1:1/0' });
  const connection = RedisConnection.create(config.redis!);
  await connection.connect();
  let isTried = false;
  const code = await codeOf(new Limits(config, connection).attempt(from('192.0.2.1'), LOGIN, async () => void (isTried = true)));
  connection.close();
  expect([code, isTried]).toEqual(['service.unavailable', false]);
});
