// Files that are sent to break things: `node test/avatars/hostile/corpus.mjs <folder> [whole]` writes them; the tests put them through the pipeline
// and through the service. A case is { kind, name, bytes, expected } and, where it matters, { type, fileName } as they are declared.
import { createCipheriv, createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { bombs, heavyBombs } from './bombs.mjs';
import { disguises, misnamed, nothings, polyglots } from './disguises.mjs';
import { lyingHeaders } from './lying-headers.mjs';

export { PAYLOAD } from './disguises.mjs';

const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'avif'];

/** What any upload may be answered with. */
const ANY = [200, 413, 415, 422];

/** Bytes that look random and are the same in every run. */
function noiseBytes(length, seed) {
  const key = createHash('sha256').update(seed).digest();
  return createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(Buffer.alloc(length));
}

/** Of a picture that compresses badly, so that no part of the file can be missed. */
const photographLike = (side) => sharp(noiseBytes(side * side * 3, 'photograph'), { raw: { width: side, height: side, channels: 3 } });

/** Cut off at every so many percent. */
export async function* truncations(everyPercent) {
  for (const format of FORMATS) {
    const whole = await photographLike(96).toFormat(format, { quality: 90 }).toBuffer();
    for (let percent = 0; percent < 100; percent += everyPercent) {
      const expected = percent < 99 ? [422] : ANY; // of the last percent some decoders need nothing
      yield { kind: 'cut off', name: `${format} at ${percent} %`, bytes: whole.subarray(0, Math.floor((whole.length * percent) / 100)), expected };
    }
  }
}

async function* flips(rounds) {
  for (const format of FORMATS) {
    const whole = await photographLike(64).toFormat(format, { quality: 60 }).toBuffer();
    for (let round = 0; round < rounds; round += 1) {
      const bytes = Buffer.from(whole);
      for (let times = 0; times <= round % 4; times += 1) bytes[(round * 7919 + times * 104_729) % (round % 3 === 0 ? Math.min(200, whole.length) : whole.length)] ^= 1 << (round % 8);
      yield { kind: 'flipped bits', name: `${format}, round ${round}`, bytes, expected: ANY };
    }
  }
}

/** `whole`: all of it, which is minutes and gigabytes of decoded pixels; else a sample of every kind. */
export async function* hostileCorpus({ whole = false } = {}) {
  const pictures = {};
  for (const format of FORMATS) pictures[format] = await photographLike(64).toFormat(format).toBuffer();
  yield* truncations(whole ? 1 : 24);
  yield* flips(whole ? 400 : 5);
  yield* lyingHeaders(pictures);
  yield* bombs();
  if (whole) yield* heavyBombs();
  yield* polyglots(pictures);
  yield* disguises(pictures);
  yield* nothings(noiseBytes, whole);
  yield* misnamed(pictures.png);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, size] = process.argv.slice(2);
  if (!folder) throw new Error('usage: node test/avatars/hostile/corpus.mjs <folder> [whole]');
  mkdirSync(folder, { recursive: true });
  let count = 0;
  for await (const { kind, name, bytes } of hostileCorpus({ whole: size === 'whole' })) {
    count += 1;
    writeFileSync(join(folder, `${String(count).padStart(5, '0')} ${kind}, ${name}`.replaceAll(/[^\w ,.%-]+/g, '_').slice(0, 120)), bytes);
  }
  console.log(`${count} files in ${folder}`);
}
