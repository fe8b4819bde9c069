import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { required } from './required.js';

const CLAIM_TTL_SECONDS = 60;

export interface TestRedis {
  /** Names a database number that nobody else uses meanwhile. Channels of pub/sub are shared by all numbers. */
  readonly url: string;
  flush(): Promise<void>;
  /** Flushes, and gives the number back. */
  close(): Promise<void>;
}

const claimKey = (database: number): string => `test-kit:claim:${database}`;

/** Claims stand in database 0; one whose holder died runs out. */
async function claim(claims: Redis, first: number, owner: string): Promise<number> {
  const [, count] = (await claims.config('GET', 'databases')) as [string, string];
  const numbers = Number(count) - 1;
  for (let round = 0; round < 300; round += 1) {
    for (let step = 0; step < numbers; step += 1) {
      const database = ((first - 1 + step) % numbers) + 1;
      if (await claims.set(claimKey(database), owner, 'EX', CLAIM_TTL_SECONDS, 'NX')) return database;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error('No database number of TEST_REDIS_URL is free.');
}

/** An empty database of one's own on TEST_REDIS_URL's server. */
export async function testRedis(): Promise<TestRedis> {
  const url = new URL(required('TEST_REDIS_URL'));
  const first = Number(url.pathname.slice(1)) || 1;
  url.pathname = '/0';
  const claims = new Redis(url.href);
  const database = await claim(claims, first, randomUUID());
  const renewal = setInterval(() => void claims.expire(claimKey(database), CLAIM_TTL_SECONDS).catch(() => undefined), (CLAIM_TTL_SECONDS * 1_000) / 4);
  renewal.unref();
  url.pathname = `/${database}`;
  const own = new Redis(url.href);
  await own.flushdb();
  return {
    url: url.href,
    flush: async () => void (await own.flushdb()),
    close: async () => {
      clearInterval(renewal);
      await own.flushdb();
      await claims.del(claimKey(database));
      await Promise.all([own.quit(), claims.quit()]);
    },
  };
}
