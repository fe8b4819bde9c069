// `npm run bench:guard [-- --accept]`: has it decayed? Ratios of processor time to bare Node, which a busy machine changes least, beside those that were
// last accepted (bench/accepted.json). It only warns: the exit code is 0 unless it cannot run. `--accept` takes what it sees for the new measure.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { FIGURES } from './figures/index.mjs';
import { runFigures } from './figures/runs.mjs';
import { BARE_NODE, LIKENESS } from './figures/targets.mjs';
import { standAside } from './load/cores.mjs';
import { disturbance, machine } from './report/results.mjs';

const WATCHED = ['me', 'avatar-304', 'introspection', 'refresh'];
const CONNECTIONS = 32;
/** Share of the accepted ratio that may be lost before anything is said. Ratios of one build differ by a fifth on a machine with other work. */
const TOLERANCE = 0.35;
const ACCEPTED = new URL('accepted.json', import.meta.url);

const { values } = parseArgs({ options: { accept: { type: 'boolean' } } });
await build({ ifNeeded: true });
standAside();
const { contests, failures } = await runFigures(FIGURES.filter(({ id }) => WATCHED.includes(id)), [CONNECTIONS], { isQuick: true, isWithoutPeers: true, seconds: 1, rounds: 2 }, () => undefined);
// The best round: whatever else the machine does makes a round worse, and none better.
const seen = Object.fromEntries(contests.map(({ id, ratios }) => [id, Number(ratios.find(({ of, to }) => of === LIKENESS && to === BARE_NODE).byCpu.high.toFixed(3))]));
if (failures.length > 0) throw new Error(failures.join('\n'));
const others = Math.round((disturbance(contests)?.median ?? 0) * 100);

if (values.accept) {
  const { node, processor, cores } = machine();
  writeFileSync(ACCEPTED, `${JSON.stringify({ date: new Date().toISOString().slice(0, 10), node, processor, cores, othersPercent: others, ratios: seen }, null, 2)}\n`);
  console.log(`Accepted: ${JSON.stringify(seen)}`);
} else {
  const { date, ratios } = JSON.parse(readFileSync(ACCEPTED, 'utf8'));
  const lost = Object.entries(seen).filter(([id, ratio]) => ratio < ratios[id] * (1 - TOLERANCE));
  for (const [id, ratio] of Object.entries(seen)) console.log(`${id}: ${ratio.toFixed(2)} of bare Node by processor time; accepted ${ratios[id]?.toFixed(2) ?? 'never'} (${date})`);
  console.log(`Others had ${others} % of the servers’ core meanwhile.`);
  for (const [id, ratio] of lost) console.log(`WARNING: ${id} has lost ${Math.round((1 - ratio / ratios[id]) * 100)} % since; see npm run bench -- --only ${id}`);
}
