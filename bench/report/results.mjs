// What a run leaves: one JSON file, and a plot for each figure.
import { cpus, loadavg } from 'node:os';
import { mkdirSync, writeFileSync } from 'node:fs';
import { median, percentile } from './statistics.mjs';
import { plotOf } from './plot.mjs';

const RESULTS = new URL('../results/', import.meta.url);

export const machine = () => ({ node: process.version, processor: cpus()[0].model, cores: cpus().length, loadAverage: loadavg()[0] });

/** How much of the servers' core others had while bursts ran: `{median, high}`, shares of one. */
export function disturbance(contests) {
  const shares = contests.flatMap(({ contestants }) => contestants.map(({ othersShare }) => othersShare.median)).filter(Number.isFinite);
  return shares.length === 0 ? null : { median: median(shares), high: percentile(shares, 95) };
}

/** The folder's name of what was written. */
export function writeResults(result) {
  const date = result.date.slice(0, 10);
  const plots = new URL(`${date}/`, RESULTS);
  mkdirSync(plots, { recursive: true });
  writeFileSync(new URL(`${date}.json`, RESULTS), `${JSON.stringify(result, (_key, value) => (typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value), 1)}\n`);
  for (const [id, contests] of byId(result.contests)) {
    const groups = contests.map(({ connections, contestants }) => ({ label: `${connections} at once`, bars: contestants.map(({ name, perSecond }) => ({ name, ...perSecond })) }));
    writeFileSync(new URL(`${id}.svg`, plots), plotOf(contests[0].title, '/s', groups));
  }
  for (const { id, title, numbers } of result.figures) {
    const units = [...new Set(numbers.map(({ unit }) => unit))];
    const groups = units.map((unit) => ({ label: unit || 'count', bars: numbers.filter((number) => number.unit === unit) }));
    // Of several units each has its own scale, and its own plot.
    groups.forEach((group, index) => writeFileSync(new URL(`${id}${index ? `-${index + 1}` : ''}.svg`, plots), plotOf(title, units[index], [group])));
  }
  return `bench/results/${date}`;
}

const byId = (contests) => {
  const groups = new Map();
  for (const contest of contests) groups.set(contest.id, [...(groups.get(contest.id) ?? []), contest]);
  return groups;
};
