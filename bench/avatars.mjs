// `npm run bench:avatars [-- --uploads 20 --rounds 3 --seconds 2]`: a 12-megapixel upload against sharp alone making the same, in turns;
// GET of a 128-pixel WebP against bare Node writing the same bytes.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import sharp from 'sharp';
import { build } from '../scripts/build.mjs';
import { startForAvatars } from './contestants.mjs';
import { cpuSeconds, describeLoad, measure } from './load.mjs';
import { median, spread } from './report.mjs';

const { values } = parseArgs({ options: { uploads: { type: 'string', default: '20' }, rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '2' } } });
const [uploads, rounds, seconds] = [Number(values.uploads), Number(values.rounds), Number(values.seconds)];

await build({ ifNeeded: true });
const folder = mkdtempSync(join(tmpdir(), 'likeness-bench-picture-'));
const file = join(folder, 'photograph.jpg');

/** Coarse shapes with fine grain, which JPEG takes as it takes a photograph. */
const noise = (width, height, sigma) => sharp({ create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma } } });
const grain = await noise(4000, 3000, 12).png({ compressionLevel: 0 }).toBuffer();
const photograph = await sharp(await noise(40, 30, 60).png().toBuffer()).resize(4000, 3000, { kernel: 'cubic' }).composite([{ input: grain, blend: 'soft-light' }]).jpeg({ quality: 90 }).toBuffer();
writeFileSync(file, photograph);
let serial = 0;
/** The same picture under another name each time, so that nothing is there already: a comment behind its end. */
const another = () => Buffer.concat([photograph, Buffer.from(`${(serial += 1)}`)]);

const { contestants, put, show, service, sharp: bare, stop } = await startForAvatars(file);

/** Milliseconds of the clock, and of the server's own processor. */
async function timed(pid, work) {
  const [cpu, startedAt] = [cpuSeconds(pid), performance.now()];
  const told = await work();
  return { ms: typeof told === 'number' ? told : performance.now() - startedAt, cpuMs: (cpuSeconds(pid) - cpu) * 1000 };
}

const CONTESTS = [
  { name: 'upload, to what it makes', mine: async () => void (await put(another())), job: 'upload' },
  {
    name: 'upload and first GET of each size in WebP',
    mine: async () => {
      const avatar = await put(another());
      for (const size of [32, 64, 128, 256, 512]) await show(avatar, size);
    },
    job: 'all',
  },
];

const lines = [];
const say = (line) => (console.log(line), lines.push(line));
const ratioOf = (pairs) => `**${median(pairs).toFixed(2)}** (${spread(pairs).map((each) => each.toFixed(2)).join('–')})`;
try {
  say(`Node ${process.version}, sharp ${sharp.versions.sharp}, ${new Date().toISOString().slice(0, 10)}, ${cpus()[0].model}, ${cpus().length} cores; a JPEG of 4000 × 3000 pixels, ${(photograph.length / 1e6).toFixed(1)} MB; ${uploads} turns each.`);
  say('\n| contest | service ms | sharp alone ms | ratio by the clock | ratio by processor time |\n|---|---|---|---|---|');
  for (const { name, mine, job } of CONTESTS) {
    const rows = [];
    for (let turn = -2; turn < uploads; turn += 1) {
      const [one, other] = [await timed(service.pid, mine), await timed(bare.pid, () => bare.run(job))];
      if (turn >= 0) rows.push({ one, other });
    }
    const medianOf = (pick) => median(rows.map(pick)).toFixed(1);
    // A processor's time is told in hundredths of a second, so the sum counts and not each turn.
    const cpu = rows.reduce((sum, { one }) => sum + one.cpuMs, 0) / rows.reduce((sum, { other }) => sum + other.cpuMs, 0);
    say(`| ${name} | ${medianOf(({ one }) => one.ms)} | ${medianOf(({ other }) => other.ms)} | ${ratioOf(rows.map(({ one, other }) => one.ms / other.ms))} | ${cpu.toFixed(2)} |`);
  }
  say(`\nLoad: ${describeLoad()}; 32 connections, ${rounds} rounds of ${seconds} s each.\n`);
  const samples = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round <= rounds; round += 1) {
    for (const contestant of contestants) {
      const sample = await measure(contestant, { seconds, connections: 32 });
      if (sample.failures > 0) throw new Error(`${contestant.name}: ${sample.failures} answers were not the expected ones`);
      if (round > 0) samples.get(contestant.name).push(sample);
    }
  }
  say('| figure | requests/s | CPU µs per request | of bare Node, by rate | of bare Node, by processor time |\n|---|---|---|---|---|');
  for (const { name, baseline } of contestants) {
    const [own, base] = [samples.get(name), samples.get(baseline ?? name)];
    const rate = own.map(({ perSecond }, index) => perSecond / base[index].perSecond);
    const cpu = own.map(({ cpuMicros }, index) => base[index].cpuMicros / cpuMicros);
    say(`| ${name} | ${Math.round(median(own.map(({ perSecond }) => perSecond)))} | ${median(own.map(({ cpuMicros }) => cpuMicros)).toFixed(1)} | ${ratioOf(rate)} | ${ratioOf(cpu)} |`);
  }
  writeFileSync(new URL(`results/${new Date().toISOString().slice(0, 10)}-avatars.md`, import.meta.url), `${lines.join('\n')}\n`);
} finally {
  await stop();
  rmSync(folder, { recursive: true, force: true });
}
