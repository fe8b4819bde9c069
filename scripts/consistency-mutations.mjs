// `node scripts/consistency-mutations.mjs`: breaks the promise in every known way, one at a time, in a copy of the built service, and reports
// which were caught. The unbroken service must pass under the very same conditions, or catching would mean nothing.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildOrExit } from './build.mjs';
import { redisBinaries } from './redis-binaries.mjs';
import { MUTATIONS, mutate } from '../test/consistency/mutations.mjs';
import { ConsistencyRun } from '../test/consistency/run.mjs';

const { values } = parseArgs({
  options: {
    dist: { type: 'string' },
    only: { type: 'string' },
    seconds: { type: 'string', default: '90' },
    'control-seconds': { type: 'string', default: '15' },
    seed: { type: 'string', default: '1' },
  },
});
if (values.dist === undefined) await buildOrExit({ ifNeeded: true });
const dist = resolve(values.dist ?? fileURLToPath(new URL('../dist', import.meta.url)));
const binaries = redisBinaries();
const chosen = Object.entries(MUTATIONS).filter(([name]) => values.only === undefined || values.only.split(',').includes(name));

async function underConditions(edits, options, seconds) {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-mutant-'));
  try {
    const copy = mutate(dist, folder, edits);
    return await new ConsistencyRun({ users: 8, ...options, dist: copy, binaries, seed: values.seed, seconds, stopsAtViolation: true, hardPauseMs: options.hardPauseMs ?? 600, softPauseMs: 100, quietEverySeconds: 15 }).run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

let missed = 0;
for (const [name, { edits, options }] of chosen) {
  const result = await underConditions(edits, options, Number(values.seconds));
  const isCaught = result.violationCount > 0;
  if (!isCaught) missed += 1;
  const how = isCaught ? Object.keys(result.violations).join(', ') : `${result.reads} reads, ${result.faultCount} faults`;
  console.log(`${isCaught ? 'caught    ' : 'NOT CAUGHT'} ${name} (${result.seconds} s: ${how})`);
  if (isCaught) console.log(`             ${result.details[0].text}`);
}
const conditions = new Map(chosen.map(([, { options }]) => [JSON.stringify(options), options]));
for (const options of Number(values['control-seconds']) > 0 ? conditions.values() : []) {
  const result = await underConditions([], options, Number(values['control-seconds']));
  if (result.violationCount > 0) missed += 1;
  const faults = Object.keys(result.faults).join(', ') || 'no faults';
  console.log(`${result.violationCount === 0 ? 'passes    ' : 'FAILS     '} the service as it is (${faults}: ${result.reads} reads, ${result.writesAcknowledged} writes)`);
  if (result.violationCount > 0) console.log(`             ${result.details[0].text}`);
}
console.log(`${chosen.length} mutations, ${missed} surprises`);
process.exit(missed > 0 ? 1 : 0);
