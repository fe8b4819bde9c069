// `npm run bench:cache [-- --rounds 5 --seconds 2 --writes 150]`: what the fenced cache costs and saves. Reads of one's own account with the cache
// against the same service without any, and writes with their two fences against the same without; in turns, in one run.
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { startVersions } from './contestants/versions.mjs';
import { describeLoad, measure } from './load/load.mjs';
import { median, spread } from './report/statistics.mjs';

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '5' }, seconds: { type: 'string', default: '2' }, writes: { type: 'string', default: '150' } } });
const [rounds, seconds, writes] = [Number(values.rounds), Number(values.seconds), Number(values.writes)];

const WITHOUT_CACHE = [['modules/users/users.module.js', 'entry === null ? new NoUserSnapshotCache() : new RedisUserSnapshotCache(entry)', 'new NoUserSnapshotCache()']];
const WITHOUT_FENCES = [['modules/users/user-fence.js', "['beforeCommit', 'beforeAnswer']", '[]']];

await build({ ifNeeded: true });
const { versions, stop } = await startVersions([
  { name: 'as it is', edits: [] },
  { name: 'without a cache', edits: WITHOUT_CACHE },
  { name: 'without fences', edits: WITHOUT_FENCES },
]);
const [whole, uncached, unfenced] = versions;

/** Milliseconds that one change of the display name takes. */
async function write({ origins: [origin], path, headers }, serial) {
  const startedAt = performance.now();
  const response = await fetch(origin + path, { method: 'PATCH', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify({ displayName: `Bench ${serial}` }) });
  const body = await response.text();
  if (response.status !== 200) throw new Error(`PATCH answered ${response.status}: ${body}`);
  return performance.now() - startedAt;
}

const reads = [];
const written = [];
try {
  for (let round = 0; round <= rounds; round += 1) {
    const [cached, direct] = [await measure(whole, { seconds, connections: 32 }), await measure(uncached, { seconds, connections: 32 })];
    if (round > 0) reads.push({ cached, direct });
    process.stdout.write(`\rreads, round ${round} of ${rounds}   `);
  }
  for (let serial = -10; serial < writes; serial += 1) {
    const [fenced, plain] = [await write(whole, serial), await write(unfenced, serial)];
    if (serial >= 0) written.push({ fenced, plain });
  }
} finally {
  await stop();
}

const ratio = (pairs) => `**${median(pairs).toFixed(2)}** (${spread(pairs).map((each) => each.toFixed(2)).join('–')})`;
const of = (rows, pick) => median(rows.map(pick));
const lines = [
  `Node ${process.version}, ${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores; load: ${describeLoad()}, 32 connections, ${rounds} rounds of ${seconds} s; ${writes} writes each, one at a time. PostgreSQL without flushing to the disk.`,
  '',
  '| | with | without | ratio (median, spread) |',
  '|---|---|---|---|',
  `| \`GET /v1/users/me\` by the fenced cache, requests/s | ${Math.round(of(reads, ({ cached }) => cached.perSecond))} | ${Math.round(of(reads, ({ direct }) => direct.perSecond))} | ${ratio(reads.map(({ cached, direct }) => cached.perSecond / direct.perSecond))} |`,
  `| the same, CPU µs of the service | ${of(reads, ({ cached }) => cached.cpuMicros).toFixed(1)} | ${of(reads, ({ direct }) => direct.cpuMicros).toFixed(1)} | ${ratio(reads.map(({ cached, direct }) => cached.cpuMicros / direct.cpuMicros))} |`,
  `| \`PATCH /v1/users/me\` with its fences, ms | ${of(written, ({ fenced }) => fenced).toFixed(2)} | ${of(written, ({ plain }) => plain).toFixed(2)} | **${(of(written, ({ fenced }) => fenced) / of(written, ({ plain }) => plain)).toFixed(2)}** (of the medians) |`,
];
console.log(`\n\n${lines.join('\n')}`);
writeFileSync(new URL(`results/${new Date().toISOString().slice(0, 10)}-cache.md`, import.meta.url), `${lines.join('\n')}\n`);
