// `npm run bench [-- --quick | --seconds N --rounds N --connections N]`: the hot paths against bare Node in one run.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { startContestants } from './contestants.mjs';
import { describeLoad, measure } from './load.mjs';
import { median, printTable, spread } from './report.mjs';

const { values } = parseArgs({
  options: { quick: { type: 'boolean' }, seconds: { type: 'string' }, rounds: { type: 'string' }, connections: { type: 'string' }, help: { type: 'boolean' } },
});
if (values.help) {
  console.log('npm run bench [-- --quick] [--seconds 3] [--rounds 5] [--connections 32]');
  process.exit(0);
}
const seconds = Number(values.seconds ?? (values.quick ? 1 : 3));
const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
const connections = Number(values.connections ?? 32);

await build({ ifNeeded: true });
const { contestants, stop } = await startContestants();
const samples = new Map(contestants.map(({ name }) => [name, []]));
try {
  console.log(`Load: ${describeLoad()}; ${connections} connections, ${rounds} rounds of ${seconds} s each, after one to warm up.`);
  for (let round = 0; round <= rounds; round++) {
    for (const contestant of contestants) {
      const sample = await measure(contestant, { seconds, connections });
      if (sample.failures > 0) throw new Error(`${contestant.name}: ${sample.failures} answers were not the expected ones`);
      if (round > 0) samples.get(contestant.name).push(sample);
      process.stdout.write(`\r${round === 0 ? 'warm-up' : `round ${round} of ${rounds}`}: ${contestant.name.padEnd(48)} ${Math.round(sample.perSecond).toLocaleString('en')}/s   `);
    }
  }
  process.stdout.write('\n\n');
} finally {
  await stop();
}

const rows = contestants.map(({ name, baseline }) => {
  const rates = samples.get(name).map(({ perSecond }) => perSecond);
  const ratios = baseline ? rates.map((rate, index) => rate / samples.get(baseline)[index].perSecond) : [];
  const cpu = samples.get(name).map(({ cpuMicros }) => cpuMicros);
  const cpuRatios = baseline ? cpu.map((micros, index) => samples.get(baseline)[index].cpuMicros / micros) : [];
  return {
    name,
    perSecond: median(rates),
    spread: spread(rates),
    p99Ms: median(samples.get(name).map(({ p99Ms }) => p99Ms)),
    cpuMicros: median(samples.get(name).map(({ cpuMicros }) => cpuMicros)),
    ...(baseline && { baseline, ratio: median(ratios), ratioSpread: spread(ratios), cpuRatio: median(cpuRatios), cpuRatioSpread: spread(cpuRatios) }),
  };
});
printTable(rows);
const result = { date: new Date().toISOString(), node: process.version, load: describeLoad(), connections, seconds, rounds, rows };
mkdirSync(new URL('results/', import.meta.url), { recursive: true });
const file = new URL(`results/${result.date.slice(0, 10)}.json`, import.meta.url);
writeFileSync(file, `${JSON.stringify(result, null, 2)}\n`);
console.log(`\nWritten to bench/results/${result.date.slice(0, 10)}.json`);
