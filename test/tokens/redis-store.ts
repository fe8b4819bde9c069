import { Cluster, Redis } from 'ioredis';
import { FencedEntry, RedisConnection } from '../../src/kernel/cache/index.js';
import type { RedisConfig } from '../../src/kernel/config/index.js';
import { endedSessionOf } from '../../src/modules/auth/tokens/redis-token-codec.js';
import { RedisTokenKeys } from '../../src/modules/auth/tokens/redis-token-keys.js';
import { TOKEN_SCRIPTS } from '../../src/modules/auth/tokens/redis-token-scripts.js';
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

/** One page of a scan, looked at where the keys are. */
const PAGE_WITHOUT_EXPIRY = `
  local page, count = redis.call('SCAN', ARGV[1], 'COUNT', 1000), 0
  for _, key in ipairs(page[2]) do if redis.call('PTTL', key) == -1 then count = count + 1 end end
  return { page[1], count }`;

async function withoutExpiryOn(node: Redis): Promise<number> {
  let count = 0;
  for (let cursor = '0', isFirst = true; isFirst || cursor !== '0'; isFirst = false) {
    const [next, found] = (await node.eval(PAGE_WITHOUT_EXPIRY, 0, cursor)) as [string, number];
    count += found;
    cursor = next;
  }
  return count;
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
      const counts = await Promise.all(masters().map(withoutExpiryOn));
      return counts.reduce((sum, count) => sum + count, 0);
    },
    countLeft: async () => {
      const keys = await Promise.all(masters().map(keysOf));
      return keys.flat().filter(isToken).length;
    },
    toldOf: async (userId) => {
      const members = (await redis.run(TOKEN_SCRIPTS.untold, [new RedisTokenKeys(userId).untold], [])) as string[];
      return members.map((member) => endedSessionOf(userId, member));
    },
    close: async () => redis.close(),
  };
}

/** For proofs of what is answered, not of how soon: on a busy machine an answer may take longer than the service waits. */
export function bePatient<T extends Pick<RedisStoreUnderTest, 'redis'>>(store: T): T {
  const { client } = store.redis;
  for (const node of client instanceof Cluster ? client.nodes('all') : [client]) node.options.commandTimeout = 30_000;
  return store;
}
