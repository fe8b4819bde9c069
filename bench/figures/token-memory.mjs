// What a token costs in Redis: bytes, index included and session record apart; and what a check of one costs there.
import { randomBytes, randomUUID } from 'node:crypto';
import { median } from '../report/statistics.mjs';

const DATABASE = 8;
const clientOn = (platform) => ({ platform, deviceName: 'Ada’s machine', ipAddress: '192.0.2.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' });
const refOf = (userId) => ({ userId, sessionId: randomUUID(), tokenId: randomUUID(), userEpoch: 1 });

async function openRepository(url) {
  const { FencedEntry, RedisConnection } = await import('../../dist/kernel/cache/index.js');
  const { RedisTokenRepository } = await import('../../dist/modules/auth/tokens/redis-token.repository.js');
  const { PLATFORMS } = await import('../../dist/modules/auth/platform.js');
  const redis = RedisConnection.create({ kind: 'standalone', url });
  await redis.connect();
  const entries = new FencedEntry(redis);
  entries.bind({ schema: 1, generation: 'bench' });
  const tokens = new RedisTokenRepository(redis, entries);
  const login = (userId, index) => tokens.issue({
    ...refOf(userId), client: clientOn(PLATFORMS[index % PLATFORMS.length]), policy: { name: 'unlimited', max: 100, onLimit: 'evict' },
    accessTtlSeconds: 900, idleTtlSeconds: 1_209_600, maxTtlSeconds: 7_776_000, salt: randomBytes(16).toString('base64url'),
  });
  const byAdmin = (userId) => tokens.issueAdminToken({ ...refOf(userId), client: clientOn('other'), ttlSeconds: 86_400 });
  return { redis, entries, tokens, login, byAdmin };
}

/** Bytes of all keys of one user, by kind, for each of `count` tokens. */
async function memory({ redis: { client } }, count, issue) {
  await client.flushdb();
  const userId = randomUUID();
  for (let index = 0; index < count; index += 1) await issue(userId, index);
  const bytes = { tokens: 0, sessions: 0 };
  for (const key of await client.keys('*')) {
    const used = await client.memory('USAGE', key, 'SAMPLES', 0);
    bytes[key.startsWith('ss:') ? 'sessions' : 'tokens'] += used;
  }
  return { tokens: bytes.tokens / count, sessions: bytes.sessions / count };
}

/** Calls of scripts for one check, and microseconds: of the client, and inside Redis. */
async function checking({ redis: { client }, entries, tokens, byAdmin }, count) {
  await client.flushdb();
  const userId = randomUUID();
  let issued;
  for (let index = 0; index < count; index += 1) issued = await byAdmin(userId);
  await entries.fill(userId, (await entries.read(userId)).marker, 1, '{}');
  const ref = { userId, sessionId: issued.session.id, tokenId: issued.access.tokenId, expiresAt: issued.access.expiresAt };
  for (let warm = 0; warm < 2_000; warm += 1) await tokens.verify(ref);
  await client.config('RESETSTAT');
  const times = [];
  for (let round = 0; round < 5_000; round += 1) {
    const began = performance.now();
    if ((await tokens.verify(ref)).state !== 'live') throw new Error('not live');
    times.push((performance.now() - began) * 1_000);
  }
  const stats = await client.info('commandstats');
  const [, calls, inside] = /cmdstat_evalsha:calls=(\d+).*?usec_per_call=([\d.]+)/.exec(stats);
  return { roundTrips: Number(calls) / times.length, micros: median(times), insideRedis: Number(inside) };
}

const plain = (name, unit, value) => ({ name, unit, median: value, low: value, high: value });

export const TOKEN_MEMORY = {
  id: 'token-memory', title: 'a token in Redis', quick: true,
  run: async ({ stage }, { isQuick }) => {
    const repository = await openRepository(stage.redisUrl(DATABASE));
    try {
      const numbers = [];
      for (const count of isQuick ? [1, 20] : [1, 2, 4, 20, 100]) {
        const { tokens, sessions } = await memory(repository, count, repository.login);
        numbers.push(plain(`user of ${count}: token, index included`, 'B', tokens), plain(`user of ${count}: session record`, 'B', sessions));
      }
      for (const count of [1, 1_000]) {
        const { roundTrips, micros, insideRedis } = await checking(repository, count);
        numbers.push(plain(`a check, user of ${count}: round trips`, '', roundTrips), plain(`a check, user of ${count}`, 'µs', micros), plain(`a check, user of ${count}: inside Redis`, 'µs', insideRedis));
      }
      return { numbers };
    } finally {
      repository.redis.close();
    }
  },
};
