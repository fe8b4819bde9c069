// `npm run test:consistency -- --minutes 10 --seed 7`: writers, readers and faults on three instances, checked as it goes. Totals of all runs
// are added up in a file; violations come with a page that shows what happened. Ctrl-C ends a run early and in order.
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildOrExit } from './build.mjs';
import { redisBinaries } from './redis-binaries.mjs';
import { ConsistencyRun } from '../test/consistency/run.mjs';
import { ALL_FAULTS } from '../test/consistency/nemesis.mjs';
import { timelineOf } from '../test/consistency/timeline.mjs';
import { addTotals, NO_TOTALS } from '../test/consistency/totals.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const { values } = parseArgs({
  options: {
    minutes: { type: 'string' },
    seconds: { type: 'string' },
    seed: { type: 'string', default: String(Date.now()) },
    dist: { type: 'string' },
    state: { type: 'string', default: join(ROOT, 'node_modules/.cache/consistency') },
    users: { type: 'string' },
    readers: { type: 'string' },
    writers: { type: 'string' },
    'write-pause': { type: 'string' },
    'read-pause': { type: 'string' },
    'hard-pause': { type: 'string' },
    'soft-pause': { type: 'string' },
    mortals: { type: 'string' },
    'cli-pause': { type: 'string', default: '20000' },
    enough: { type: 'string' },
    faults: { type: 'string' },
    redis: { type: 'string', default: 'standalone' },
    'stop-at-violation': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const number = (name) => (values[name] === undefined ? undefined : Number(values[name]));
const faultsAsked = () => {
  if (values.faults === undefined) return null;
  const asked = values.faults.split(';').map((name) => name.trim()).filter(Boolean);
  const unknown = asked.filter((name) => !ALL_FAULTS.includes(name));
  if (unknown.length > 0) throw new Error(`No such fault: ${unknown.join('; ')}. There are: ${ALL_FAULTS.join('; ')}.`);
  return asked;
};

if (values.dist === undefined) await buildOrExit({ ifNeeded: true });
mkdirSync(values.state, { recursive: true });
const totalsFile = join(values.state, 'totals.json');
const earlier = existsSync(totalsFile) ? JSON.parse(readFileSync(totalsFile, 'utf8')) : NO_TOTALS;
const keep = (totals) => {
  writeFileSync(`${totalsFile}.${process.pid}`, JSON.stringify(addTotals(earlier, totals), null, 2));
  renameSync(`${totalsFile}.${process.pid}`, totalsFile);
};

const line = ({ reads, writesAcknowledged, writesUnknown, writesRefused, faultCount, violationCount, seconds }) =>
  `${seconds} s: ${reads} reads, ${writesAcknowledged} writes acknowledged, ${writesUnknown} unknown, ${writesRefused} refused, ${faultCount} faults, ${violationCount} violations`;

let saidAt = 0;
const run = new ConsistencyRun({
  dist: resolve(values.dist ?? join(ROOT, 'dist')),
  binaries: redisBinaries(),
  seed: values.seed,
  seconds: number('seconds') ?? (number('minutes') ?? 1) * 60,
  users: number('users'),
  readersPerUser: number('readers'),
  writersPerUser: number('writers'),
  writePauseMs: number('write-pause'),
  readPauseMs: number('read-pause'),
  hardPauseMs: number('hard-pause'),
  softPauseMs: number('soft-pause'),
  mortals: number('mortals'),
  cliPauseMs: number('cli-pause') || null,
  enough: number('enough'),
  redis: values.redis,
  only: faultsAsked(),
  stopsAtViolation: values['stop-at-violation'],
  onProgress: (totals) => {
    if (performance.now() - saidAt < 5_000) return;
    saidAt = performance.now();
    keep(totals);
    if (!values.json) console.log(line(totals));
  },
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => (run.isStopRequested = true));

const result = await run.run();
keep(result);
if (values.json) console.log(JSON.stringify({ ...result, events: undefined }));
else {
  console.log(`seed ${result.seed}: ${line(result)}`);
  console.log(JSON.stringify({ faults: result.faults, answers: result.answers, violations: result.violations, quietChecks: result.quietChecks, starts: result.starts }, null, 2));
}
if (result.violationCount > 0) {
  const page = join(values.state, `violations-${result.seed}.html`);
  writeFileSync(page, timelineOf(result));
  for (const { kind, text, operation } of result.details.slice(0, 10)) console.error(`${kind}: ${operation.kind} of ${operation.user}: ${text}`);
  console.error(`What happened is shown in ${page}`);
}
process.exit(result.violationCount > 0 ? 1 : 0);
