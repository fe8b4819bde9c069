// `npm run bench`: the whole service against its limits and its peers, in one run.
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { FIGURES } from './figures/index.mjs';
import { runFigures } from './figures/runs.mjs';
import { standAside } from './load/cores.mjs';
import { describeLoad } from './load/load.mjs';
import { disturbance, machine, writeResults } from './report/results.mjs';
import { contestTable, numberTable } from './report/table.mjs';

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, only: { type: 'string' }, seconds: { type: 'string' }, rounds: { type: 'string' }, connections: { type: 'string' }, 'no-results': { type: 'boolean' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log(`npm run bench [-- options]

  --quick               under two minutes: what is asked most, at 32 connections
  --only me,refresh     some figures: ${FIGURES.map(({ id }) => id).join(', ')}
  --connections 1,32    at once; 1, 32 and 256 unless --quick
  --seconds 1           of one burst (wrk takes whole ones)
  --rounds 4            after warming up
  --no-results          print, and write nothing

Beside it: npm run bench:scale (1,000 and 1,000,000 users and tokens; one, two and three instances), bench:guard (has it decayed?),
bench:cache (the price of the fenced cache), bench:search, bench:login-timing.`);
  process.exit(0);
}
const isQuick = values.quick ?? false;
const options = { isQuick, seconds: Number(values.seconds ?? 1), rounds: Number(values.rounds ?? (isQuick ? 2 : 4)) };
const connections = (values.connections ?? (isQuick ? '32' : '1,32,256')).split(',').map(Number);
const asked = values.only?.split(',');
const unknown = asked?.filter((id) => !FIGURES.some((figure) => figure.id === id)) ?? [];
if (unknown.length > 0) {
  console.error(`There is no figure ${unknown.join(', ')}; see --help.`);
  process.exit(2);
}
const chosen = FIGURES.filter(({ id, quick }) => asked?.includes(id) ?? (!isQuick || quick));

const began = performance.now();
const say = (line) => {
  const text = `[${Math.round((performance.now() - began) / 1000)} s] ${line}`;
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
};

await build({ ifNeeded: true });
standAside();
const result = { date: new Date().toISOString(), ...machine(), load: describeLoad(), ...options, ...(await runFigures(chosen, connections, options, say)) };
result.disturbance = disturbance(result.contests);
result.minutes = (performance.now() - began) / 60_000;

const percent = (share) => `${Math.round(share * 100)} %`;
const { disturbance: others } = result;
console.log(`\nNode ${result.node}, ${result.date}, ${result.processor}, ${result.cores} cores; load: ${result.load}; ${options.rounds} rounds of ${options.seconds} s after warming up.`);
if (others) console.log(`Others had ${percent(others.median)} of the servers’ core (95 % of the bursts: at most ${percent(others.high)}): ${others.high > 0.05 ? 'go by processor time' : 'quiet'}.`);
if (result.contests.length > 0) console.log(`\n${contestTable(result.contests)}`);
if (result.figures.length > 0) console.log(`\n${numberTable(result.figures)}`);
for (const failure of result.failures) console.log(`FAILED: ${failure}`);
process.exitCode = result.failures.length > 0 ? 1 : 0;
if (!values['no-results']) console.log(`\nWritten to ${writeResults(result)}.json, with a plot of each figure in the folder of that name; ${result.minutes.toFixed(1)} minutes.`);
