import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import { testRedis, type TestRedis } from '../kit/redis.js';

describe('commands to Redis', () => {
  let redis: TestRedis;
  let connection: RedisConnection;
  let systemCalls = 0;
  beforeAll(async () => {
    redis = await testRedis();
    connection = RedisConnection.create({ kind: 'standalone', url: redis.url });
    await connection.connect();
    const { stream } = connection.client as Redis;
    // Node calls one of these for each hand-over to the system.
    for (const name of ['_write', '_writev'] as const) {
      const original = stream[name]!.bind(stream) as (...args: unknown[]) => void;
      stream[name] = (...args: unknown[]) => {
        systemCalls += 1;
        original(...args);
      };
    }
  });
  afterAll(async () => {
    connection.close();
    await redis.close();
  });

  it('of one turn of the event loop leave together, and are answered in their order', async () => {
    systemCalls = 0;
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => connection.client.echo(String(index))));
    expect(answers).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
    expect(systemCalls).toBe(1);
  });

  it('of a later turn do not wait for others', async () => {
    for (let index = 0; index < 3; index += 1) {
      systemCalls = 0;
      expect(await connection.client.echo('alone')).toBe('alone');
      expect(systemCalls).toBe(1);
    }
  });
});
