import { Cluster, Redis } from 'ioredis';
import { FencedEntry, RedisConnection } from '../../src/kernel/cache/index.js';
import type { RedisConfig } from '../../src/kernel/config/index.js';
import { RedisTokenRepository } from '../../src/modules/auth/tokens/redis-token.repository.js';
import type { TokenStoreUnderTest } from './token-store-under-test.js';

export interface RedisStoreUnderTest extends TokenStoreUnderTest {
  readonly redis: RedisConnection;
  readonly entries: FencedEntry;
}

async function keysOf(node: Redis): Promise<string[]> {
  const keys: string[] = [];
  for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
    const [next, page] = await node.scan(cursor, 'COUNT', 500);
    keys.push(...page);
    cursor = next;
  }
  return keys;
}

/** The Redis adapter with a cached entry beside it, as the application has it. */
export async function openRedisStore(config: RedisConfig): Promise<RedisStoreUnderTest> {
  const redis = RedisConnection.create(config);
  await redis.connect();
  const entries = new FencedEntry(redis);
  entries.bind({ schema: 1, generation: 'test' });
  const masters = (): Redis[] => (redis.client instanceof Cluster ? redis.client.nodes('master') : [redis.client]);
  const isToken = (key: string): boolean => !key.startsWith('us:');
  return {
    redis,
    entries,
    tokens: new RedisTokenRepository(redis, entries),
    now: async () => {
      const [seconds, micros] = await masters()[0]!.time();
      return Number(seconds) * 1_000 + Math.floor(Number(micros) / 1_000);
    },
    countWithoutExpiry: async () => {
      const counts = await Promise.all(masters().map(async (node) => {
        const keys = await keysOf(node);
        return (await Promise.all(keys.map((key) => node.pttl(key)))).filter((ttl) => ttl === -1).length;
      }));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    countLeft: async () => {
      const keys = await Promise.all(masters().map(keysOf));
      return keys.flat().filter(isToken).length;
    },
    close: async () => redis.close(),
  };
}
