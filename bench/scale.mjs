// `npm run bench:scale [-- --users 1000,1000000 --seconds 2 --rounds 5]`: what a check of a token costs among a thousand users, each signed in, and
// among a million; with one, two and three instances; and what all of that weighs in Redis and PostgreSQL. Each size has stores of its own, and they
// take turns round by round.
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

const { values } = parseArgs({ options: { users: { type: 'string', default: '1000,1000000' }, seconds: { type: 'string', default: '2' }, rounds: { type: 'string', default: '5' } } });
const sizes = values.users.split(',').map(Number);
const [seconds, rounds] = [Number(values.seconds), Number(values.rounds)];
/** Whose tokens are presented, at each size as many: what grows is what lies around them. */
const PRESENTED = 1_000;
/** Every five-hundredth of many-users.mjs is disabled. */
const isEnabled = (number) => number % 500 !== 0;
const INSTANCES = 3;
/** Rows are fetched, tokens verified, code compiled: what is measured before that grows with nothing. */
const WARM_REQUESTS = 60_000;
const WARM_ROUNDS = 10;

const began = performance.now();
const say = (line) => process.stderr.write(`[${Math.round((performance.now() - began) / 1000)} s] ${line}\n`);
const inWords = (number) => number.toLocaleString('en');

async function weights({ stage, redis }) {
  const redisBytes = Number(/used_memory:(\d+)/.exec(await redis.info('memory'))[1]);
  const [{ bytes }] = await query(stage, `SELECT (pg_table_size('users') + pg_indexes_size('users'))::float8 AS bytes`);
  return { redisBytes, postgresBytes: bytes };
}

async function query(stage, text) {
  const client = new pg.Client({ connectionString: stage.postgres.url });
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

/** Stores with so many users in them, each signed in, and the service upon them. */
async function populated(size, instances) {
  const stage = await Stage.open();
  stages.push(stage);
  const services = [];
  for (let count = 0; count < instances; count += 1) services.push(await startLikeness(stage));
  const { RedisConnection } = await import('../dist/kernel/cache/index.js');
  const sessions = await openSessions(stage);
  const redis = sessions.get(RedisConnection).client;
  const empty = await weights({ stage, redis });
  const ids = await insertUsers(stage, size, { isKept: isEnabled, say });
  const step = Math.max(1, Math.floor(ids.length / PRESENTED));
  const presented = ids.filter((_id, index) => index % step === 0).slice(0, PRESENTED);
  const chosen = new Set(presented);
  const tokens = (await sessions.many(presented)).map(({ accessToken }) => accessToken);
  await cloneSessions(redis, presented[0], ids.filter((id) => !chosen.has(id)), say);
  return { size, stage, services, redis, tokens, empty };
}

/** What filling left to do: a hash table of Redis that moves to a larger one goes on with it at each command, and PostgreSQL writes out what is new. */
async function settled({ stage, redis }) {
  await query(stage, 'CHECKPOINT');
  while (/rehashing target/.test(await redis.call('DEBUG', 'HTSTATS', 0))) await new Promise((resolve) => setTimeout(resolve, 2_000));
}

const contestantOf = ({ size, services, redis, tokens }, count) => ({
  name: `${inWords(size)} users, ${count === 1 ? 'one instance' : `${count} instances`}`, redis, samples: [],
  origins: services.slice(0, count).map(({ origin }) => origin), pids: services.slice(0, count).map(({ pid }) => pid),
  path: '/v1/users/me', headers: { authorization: 'Bearer {}' }, expected: 200, values: async () => [...tokens],
});

/** One round; the time inside Redis by its own count. */
async function round(contestant) {
  const { redis } = contestant;
  await redis.config('RESETSTAT');
  const sample = await measure(contestant, { seconds, connections: 32 });
  const inside = Number(/cmdstat_evalsha:.*?usec_per_call=([\d.]+)/.exec(await redis.info('commandstats'))?.[1]);
  say(`${contestant.name}: ${Math.round(sample.perSecond)}/s, ${sample.cpuMicros.toFixed(1)} µs, ${inside} µs inside Redis`);
  return { ...sample, inside };
}

await build({ ifNeeded: true });
standAside();
const stages = [];

try {
  const worlds = [];
  for (const [index, size] of sizes.entries()) worlds.push(await populated(size, index === sizes.length - 1 ? INSTANCES : 1));
  for (const world of worlds) {
    say(`${inWords(world.size)} users: waiting until the stores are done with them`);
    await settled(world);
  }
  const contestants = worlds.flatMap((world) => world.services.map((_service, index) => contestantOf(world, index + 1)));
  say('warming up');
  for (const contestant of contestants) {
    for (let turns = 0, requests = 0; requests < WARM_REQUESTS && turns < WARM_ROUNDS; turns += 1) requests += (await round(contestant)).requests;
  }
  say(`${rounds} rounds`);
  for (let number = 0; number < rounds; number += 1) for (const contestant of contestants) contestant.samples.push(await round(contestant));
  const of = ({ samples }, field) => samples.map((sample) => sample[field]);
  const range = (numbers, digits = 1) => `${median(numbers).toFixed(digits)} (${spread(numbers).map((number) => number.toFixed(digits)).join('–')})`;
  const [first, ...rest] = contestants;
  const growth = (contestant, field) => range(of(contestant, field).map((number, index) => number / of(first, field)[index]), 2);
  const weighed = [];
  for (const world of worlds) {
    const { redisBytes, postgresBytes } = await weights(world);
    weighed.push(`| ${inWords(world.size)} | ${Math.round((redisBytes - world.empty.redisBytes) / world.size)} | ${Math.round(postgresBytes / world.size)} |`);
  }
  const lines = [
    '| | requests/s | CPU µs of the service | µs inside Redis | p50, p99 ms |', '|---|---|---|---|---|',
    ...contestants.map((contestant) => `| ${contestant.name} | ${range(of(contestant, 'perSecond'), 0)} | ${range(of(contestant, 'cpuMicros'))} | ${range(of(contestant, 'inside'))} | ${median(of(contestant, 'p50Ms')).toFixed(1)}, ${median(of(contestant, 'p99Ms')).toFixed(1)} |`), '',
    `Growth to ${first.name}, within each round:`, '', '| | processor time of the service | time inside Redis |', '|---|---|---|',
    ...rest.map((contestant) => `| ${contestant.name} | × ${growth(contestant, 'cpuMicros')} | × ${growth(contestant, 'inside')} |`), '',
    '| users | bytes in Redis for each | bytes in PostgreSQL for each |', '|---|---|---|', ...weighed,
  ];
  console.log(lines.join('\n'));
  const { node, processor, cores, loadAverage } = machine();
  const date = new Date().toISOString().slice(0, 10);
  const others = Math.round(median(contestants.flatMap((contestant) => of(contestant, 'othersShare'))) * 100);
  writeFileSync(new URL(`results/${date}-scale.md`, import.meta.url), `Node ${node}, ${date}, ${processor}, ${cores} cores; load: ${describeLoad()}, 32 connections, ${rounds} rounds of ${seconds} s, in turns; ${PRESENTED} tokens in turns; others had ${others} % of the servers’ core, load average ${loadAverage.toFixed(1)}. Medians, lowest and highest round.\n\n${lines.join('\n')}\n`);
} finally {
  for (const stage of stages) await stage.stop();
}
