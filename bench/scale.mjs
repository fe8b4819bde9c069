// `npm run bench:scale [-- --users 1000,1000000 --seconds 2 --rounds 3]`: what a check of a token costs among a thousand users, each signed in, and
// among a million; with one, two and three instances; and what all of that weighs in Redis and PostgreSQL.
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { build } from '../scripts/build.mjs';
import { startLikeness } from './contestants/likeness.mjs';
import { insertUsers } from './contestants/many-users.mjs';
import { cloneSessions } from './contestants/cloned-sessions.mjs';
import { openSessions } from './contestants/sessions.mjs';
import { Stage } from './contestants/stage.mjs';
import { standAside } from './load/cores.mjs';
import { describeLoad, measure } from './load/load.mjs';
import { machine } from './report/results.mjs';
import { median, spread } from './report/statistics.mjs';

const { values } = parseArgs({ options: { users: { type: 'string', default: '1000,1000000' }, seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '3' } } });
const sizes = values.users.split(',').map(Number);
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
/** Whose tokens are presented, at each size as many: what grows is what lies around them. */
const PRESENTED = 1_000;
/** Every five-hundredth of many-users.mjs is disabled. */
const isEnabled = (number) => number % 500 !== 0;

const began = performance.now();
const say = (line) => process.stderr.write(`[${Math.round((performance.now() - began) / 1000)} s] ${line}\n`);

await build({ ifNeeded: true });
standAside();
const stage = await Stage.open();

async function weights(context) {
  const { client } = context.redis;
  const memory = Number(/used_memory:(\d+)/.exec(await client.info('memory'))[1]);
  const database = new pg.Client({ connectionString: stage.postgres.url });
  await database.connect();
  const { rows: [{ table, indexes }] } = await database.query(`SELECT pg_table_size('users')::float8 AS table, pg_indexes_size('users')::float8 AS indexes`);
  await database.end();
  return { redisBytes: memory, tableBytes: table, indexBytes: indexes };
}

/** Medians of the rounds; the time inside Redis by its own count. */
async function asked(target, { client }) {
  const samples = [];
  for (let round = 0; round <= rounds; round += 1) {
    await client.config('RESETSTAT');
    const sample = await measure(target, { seconds, connections: 32 });
    const inside = Number(/cmdstat_evalsha:.*?usec_per_call=([\d.]+)/.exec(await client.info('commandstats'))?.[1]);
    say(`${target.name}: ${Math.round(sample.perSecond)}/s, ${sample.cpuMicros.toFixed(1)} µs, ${inside} µs inside Redis`);
    if (round > 0) samples.push({ ...sample, inside });
  }
  const of = (field) => ({ median: median(samples.map((sample) => sample[field])), spread: spread(samples.map((sample) => sample[field])) });
  return { perSecond: of('perSecond'), cpuMicros: of('cpuMicros'), insideRedis: of('inside'), othersShare: of('othersShare') };
}

try {
  const services = [await startLikeness(stage)];
  const { RedisConnection } = await import('../dist/kernel/cache/index.js');
  const sessions = await openSessions(stage);
  const redis = sessions.get(RedisConnection);
  const targetOf = (name, tokens, count) => ({
    name, origins: services.slice(0, count).map(({ origin }) => origin), pids: services.slice(0, count).map(({ pid }) => pid),
    path: '/v1/users/me', headers: { authorization: 'Bearer {}' }, expected: 200, values: async () => [...tokens],
  });
  const rows = [];
  let filled = 0;
  let tokens = [];
  const empty = await weights({ redis });
  for (const size of sizes) {
    const ids = await insertUsers(stage, size, { from: filled + 1, isKept: isEnabled, say });
    const step = Math.max(1, Math.floor(ids.length / PRESENTED));
    const presented = ids.filter((_id, index) => index % step === 0).slice(0, PRESENTED);
    const chosen = new Set(presented);
    tokens = (await sessions.many(presented)).map(({ accessToken }) => accessToken);
    await cloneSessions(redis.client, presented[0], ids.filter((id) => !chosen.has(id)), say);
    filled = size;
    // Their cached rows are part of it.
    const row = { name: `${size.toLocaleString('en')} users, one instance`, ...(await asked(targetOf(`${size.toLocaleString('en')} users`, tokens, 1), redis)), ...(await weights({ redis })) };
    rows.push({ ...row, bytesPerUserInRedis: (row.redisBytes - empty.redisBytes) / size, bytesPerUserInPostgres: (row.tableBytes + row.indexBytes) / size });
  }
  for (const count of [2, 3]) {
    services.push(await startLikeness(stage));
    rows.push({ name: `${filled.toLocaleString('en')} users, ${count} instances`, ...(await asked(targetOf(`${count} instances`, tokens, count), redis)) });
  }
  const number = (value) => (value === undefined ? '' : Math.round(value).toLocaleString('en'));
  const range = ({ median: middle, spread: [low, high] }) => `${middle.toFixed(1)} (${low.toFixed(1)}–${high.toFixed(1)})`;
  const lines = [
    '| | requests/s | CPU µs of the service | µs inside Redis | bytes in Redis per user | bytes in PostgreSQL per user |', '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.name} | ${number(row.perSecond.median)} | ${range(row.cpuMicros)} | ${range(row.insideRedis)} | ${number(row.bytesPerUserInRedis)} | ${number(row.bytesPerUserInPostgres)} |`), '',
    ...rows.slice(1).map((row) => `Growth, ${rows[0].name} to ${row.name}: processor time of the service × ${(row.cpuMicros.median / rows[0].cpuMicros.median).toFixed(2)}, time inside Redis × ${(row.insideRedis.median / rows[0].insideRedis.median).toFixed(2)}.`),
  ];
  console.log(lines.join('\n'));
  const { node, processor, cores, loadAverage } = machine();
  const date = new Date().toISOString().slice(0, 10);
  const others = Math.round(median(rows.map(({ othersShare }) => othersShare.median)) * 100);
  writeFileSync(new URL(`results/${date}-scale.md`, import.meta.url), `Node ${node}, ${date}, ${processor}, ${cores} cores; load: ${describeLoad()}, 32 connections, ${rounds} rounds of ${seconds} s; ${PRESENTED} tokens in turns; others had ${others} % of the servers’ core, load average ${loadAverage.toFixed(1)}.\n\n${lines.join('\n')}\n`);
} finally {
  await stage.stop();
}
