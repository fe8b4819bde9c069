// `npm run bench:login-timing [-- --samples 400]`: whether the time of a refused login tells known accounts from unknown ones.
// Two samples, asked in random order; the Kolmogorov–Smirnov and the Mann–Whitney test say how likely they are to be of one distribution.
import { randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { startLikeness } from './contestants/likeness.mjs';
import { Stage } from './contestants/stage.mjs';

const { values } = parseArgs({ options: { samples: { type: 'string', default: '400' } } });
const samples = Number(values.samples);

await build({ ifNeeded: true });
const stage = await Stage.open();
const { origin } = await startLikeness(stage);
const post = (path, body) => fetch(origin + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });

async function timeOf(identifier) {
  const began = process.hrtime.bigint();
  const response = await post('/v1/auth/login', { identifier, password: 'not the password' });
  await response.arrayBuffer();
  if (response.status !== 401) throw new Error(`login answered ${response.status}`);
  return Number(process.hrtime.bigint() - began) / 1e6;
}

const nameOf = (index) => `timing-${String(index).padStart(4, '0')}@example.test`;

/** Half of the names are known, and nothing but that tells them from the others. */
async function sample() {
  const known = [];
  const unknown = [];
  const order = Array.from({ length: 2 * samples }, (_, index) => index % 2 === 0);
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = randomInt(at + 1);
    [order[at], order[other]] = [order[other], order[at]];
  }
  for (let warm = 0; warm < 40; warm += 1) await timeOf(nameOf(warm));
  for (const isKnown of order) (isKnown ? known : unknown).push(await timeOf(nameOf(randomInt(10) * 2 + (isKnown ? 0 : 1))));
  return { known, unknown };
}

const sorted = (all) => [...all].sort((a, b) => a - b);
const quantile = (all, q) => sorted(all)[Math.floor(q * (all.length - 1))];

/** The greatest distance between the two distributions, and how likely a greater one is by chance. */
function kolmogorovSmirnov(one, other) {
  const share = (all, value) => all.filter((each) => each <= value).length / all.length;
  const distance = Math.max(...[...one, ...other].map((value) => Math.abs(share(one, value) - share(other, value))));
  const size = Math.sqrt((one.length * other.length) / (one.length + other.length));
  const lambda = (size + 0.12 + 0.11 / size) * distance;
  let p = 0;
  for (let k = 1; k <= 100; k += 1) p += 2 * (-1) ** (k - 1) * Math.exp(-2 * k * k * lambda * lambda);
  return { distance, p: Math.min(1, Math.max(0, lambda < 0.2 ? 1 : p)) };
}

/** How often one is slower than the other, and how likely that is by chance (normal approximation). */
function mannWhitney(one, other) {
  let wins = 0;
  for (const a of one) for (const b of other) wins += a > b ? 1 : a === b ? 0.5 : 0;
  const pairs = one.length * other.length;
  const z = Math.abs(wins - pairs / 2) / Math.sqrt((pairs * (one.length + other.length + 1)) / 12);
  // Abramowitz and Stegun 7.1.26
  const t = 1 / (1 + (0.3275911 * z) / Math.SQRT2);
  const p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t * Math.exp((-z * z) / 2);
  return { share: wins / pairs, p };
}

try {
  for (let index = 0; index < 20; index += 2) {
    const { status } = await post('/v1/auth/register', { email: nameOf(index), username: `timing-${index}`, password: 'seven quiet lighthouses' });
    if (status !== 201) throw new Error(`register answered ${status}`);
  }
  const { known, unknown } = await sample();
  const ks = kolmogorovSmirnov(known, unknown);
  const mw = mannWhitney(known, unknown);
  const row = (name, all) => `| ${name} | ${all.length} | ${[0.05, 0.5, 0.95].map((q) => quantile(all, q).toFixed(2)).join(' | ')} |`;
  const lines = [
    '| account | logins | 5 % ms | median ms | 95 % ms |', '|---|---|---|---|---|', row('known', known), row('unknown', unknown), '',
    `Kolmogorov–Smirnov: distance ${ks.distance.toFixed(3)}, p = ${ks.p.toFixed(3)}. Mann–Whitney: known slower in ${(100 * mw.share).toFixed(1)} % of pairs, p = ${mw.p.toFixed(3)}.`,
    ks.p > 0.01 && mw.p > 0.01 ? 'They cannot be told apart.' : 'They can be told apart.',
  ];
  console.log(lines.join('\n'));
  const date = new Date().toISOString().slice(0, 10);
  writeFileSync(new URL(`results/${date}-login-timing.md`, import.meta.url), `Node ${process.version}, ${date}, PostgreSQL and Redis on the same machine\n\n${lines.join('\n')}\n`);
} finally {
  await stage.stop();
}
