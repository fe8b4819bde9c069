// The yardsticks of what is work and not traffic: argon2 and sharp alone, on Node's own thread pool. Each line of the standard input is `<id> <job>`; the answer is `<id>`.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { hash, verify } from '@node-rs/argon2';
import sharp from 'sharp';

sharp.cache(false);
sharp.concurrency(1);
const { picture, argon2, password } = JSON.parse(process.argv[2]);
const upload = readFileSync(picture);
const options = { algorithm: 2, ...argon2 };
const known = await hash(password, options);
const SIZES = [32, 64, 128, 256];

const jobs = {
  verify: () => verify(known, password),
  hash: () => hash(password, options),
  /** What an upload makes: the square that is kept, and the small sizes in WebP, from one decoding. */
  async upload() {
    const { data, info } = await sharp(upload, { autoOrient: true }).resize(512, 512).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    const square = () => sharp(data, { raw: info });
    await square().webp({ lossless: true, effort: 0 }).toBuffer();
    for (const size of SIZES) await square().resize(size, size).webp({ quality: 82, alphaQuality: 90, effort: 4 }).toBuffer();
  },
};

console.log('ready');
createInterface({ input: process.stdin }).on('line', async (line) => {
  const [id, job] = line.split(' ');
  await jobs[job]();
  console.log(id);
});
