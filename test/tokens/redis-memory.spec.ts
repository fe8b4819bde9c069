import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { testRedis, type TestRedis } from '../kit/redis.js';
import { bePatient, openRedisStore, type RedisStoreUnderTest } from './redis-store.js';
import { adminInput, login, clientAt } from './token-store-under-test.js';

describe('memory per live token in Redis', () => {
  let own: TestRedis;
  let store: RedisStoreUnderTest;
  beforeAll(async () => {
    own = await testRedis();
    store = bePatient(await openRedisStore({ kind: 'standalone', url: own.url }));
  });
  afterAll(async () => {
    await store.close();
    await own.close();
  });

  /** All that is kept for a user's tokens, index included, session records apart. */
  const bytesPerToken = async (tokens: number): Promise<number> => {
    await own.flush();
    const userId = randomUUID();
    for (let i = 0; i < tokens; i += 1) await login(store.tokens, userId, { client: clientAt(i) });
    const client = store.redis.client as Redis;
    const keys = (await client.keys('*')).filter((key) => !key.startsWith('ss:'));
    const sizes = await Promise.all(keys.map((key) => client.memory('USAGE', key)));
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) / tokens;
  };

  it.each([[1, 450], [4, 300], [20, 300], [100, 300]])('with %i tokens of a user is at most %i bytes', async (tokens, bytes) => {
    expect(await bytesPerToken(tokens)).toBeLessThanOrEqual(bytes);
  });

  it('with 1,000 tokens of a user is at most 300 bytes', async () => {
    await own.flush();
    const userId = randomUUID();
    for (let i = 0; i < 1_000; i += 1) await store.tokens.issueAdminToken(adminInput(userId, 600));
    const client = store.redis.client as Redis;
    const keys = (await client.keys('*')).filter((key) => !key.startsWith('ss:'));
    const sizes = await Promise.all(keys.map((key) => client.memory('USAGE', key, 'SAMPLES', 0)));
    expect(sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0) / 1_000).toBeLessThanOrEqual(300);
  });
});
