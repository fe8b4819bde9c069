// `npm run bench:tokens`: what a token costs in Redis (bytes, index included and session record apart), and what a check of one costs.
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { build } from '../scripts/build.mjs';
import { redisBinaries } from '../scripts/redis-binaries.mjs';
import { startRedis } from '../scripts/redis-server.mjs';
import { median } from './report.mjs';

await build({ ifNeeded: true });
const { FencedEntry, RedisConnection } = await import('../dist/kernel/cache/index.js');
const { RedisTokenRepository } = await import('../dist/modules/auth/tokens/redis-token.repository.js');
const { PLATFORMS } = await import('../dist/modules/auth/platform.js');

const server = await startRedis(redisBinaries());
const redis = RedisConnection.create({ kind: 'standalone', url: server.url });
await redis.connect();
const entries = new FencedEntry(redis);
entries.bind({ schema: 1, generation: 'bench' });
const tokens = new RedisTokenRepository(redis, entries);
const { client } = redis;

const clientOn = (platform) => ({ platform, deviceName: 'Ada’s machine', ipAddress: '192.0.2.7', userAgent: 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0' });
const refOf = (userId) => ({ userId, sessionId: randomUUID(), tokenId: randomUUID(), userEpoch: 1 });
const login = (userId, index) => tokens.issue({
  ...refOf(userId), client: clientOn(PLATFORMS[index % PLATFORMS.length]), policy: { name: 'unlimited', max: 100, onLimit: 'evict' },
  accessTtlSeconds: 900, idleTtlSeconds: 1_209_600, maxTtlSeconds: 7_776_000, salt: randomBytes(16).toString('base64url'),
});
const issueByAdmin = (userId) => tokens.issueAdminToken({ ...refOf(userId), client: clientOn('other'), ttlSeconds: 86_400 });

/** Bytes of all keys of one user, by kind. */
async function memory(count, issue) {
  await client.flushdb();
  const userId = randomUUID();
  for (let index = 0; index < count; index += 1) await issue(userId, index);
  const bytes = { tokens: 0, sessions: 0 };
  for (const key of await client.keys('*')) bytes[key.startsWith('ss:') ? 'sessions' : 'tokens'] += await client.memory('USAGE', key, 'SAMPLES', 0);
  return { tokens: count, issuedBy: issue === login ? 'login' : 'admin', bytesPerToken: Math.round(bytes.tokens / count), bytesPerSession: Math.round(bytes.sessions / count) };
}

/** Commands the server counts for one check from outside (scripts apart), and the time of one. */
async function verifying(count) {
  await client.flushdb();
  const userId = randomUUID();
  let issued;
  for (let index = 0; index < count; index += 1) issued = await issueByAdmin(userId);
  const read = await entries.read(userId);
  await entries.fill(userId, read.marker, 1, '{}');
  const verify = () => tokens.verify({ userId, sessionId: issued.session.id, tokenId: issued.access.tokenId, expiresAt: issued.access.expiresAt });
  for (let warm = 0; warm < 2_000; warm += 1) await verify();
  await client.config('RESETSTAT');
  const times = [];
  for (let round = 0; round < 5_000; round += 1) {
    const began = performance.now();
    if ((await verify()).state !== 'live') throw new Error('not live');
    times.push((performance.now() - began) * 1_000);
  }
  const stats = await client.info('commandstats');
  const called = (name) => Number(new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(stats)?.[1] ?? 0);
  const inside = Number(/cmdstat_evalsha:.*?usec_per_call=([\d.]+)/.exec(stats)?.[1]);
  return { tokens: count, roundTrips: called('evalsha') / times.length, medianMicroseconds: Math.round(median(times)), insideRedisMicroseconds: inside };
}

try {
  const sizes = [];
  for (const count of [1, 2, 4, 20, 100]) sizes.push(await memory(count, login));
  sizes.push(await memory(1_000, issueByAdmin));
  const checks = [await verifying(1), await verifying(1_000)];
  const lines = [
    '| live tokens of a user | issued by | bytes per token, index included | session record apart |', '|---|---|---|---|',
    ...sizes.map((row) => `| ${row.tokens.toLocaleString('en')} | ${row.issuedBy} | ${row.bytesPerToken} | ${row.bytesPerSession} |`), '',
    '| live tokens of a user | round trips of a check | median µs | of which inside Redis |', '|---|---|---|---|',
    ...checks.map((row) => `| ${row.tokens.toLocaleString('en')} | ${row.roundTrips} | ${row.medianMicroseconds} | ${row.insideRedisMicroseconds} |`),
  ];
  const [{ version }] = await redis.inspect();
  const date = new Date().toISOString();
  console.log(lines.join('\n'));
  writeFileSync(new URL(`results/${date.slice(0, 10)}-tokens.md`, import.meta.url), `Redis ${version}, Node ${process.version}, ${date.slice(0, 10)}\n\n${lines.join('\n')}\n`);
} finally {
  redis.close();
  await server.stop();
}
