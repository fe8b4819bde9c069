// The yardstick of uploads: sharp alone, on the same bytes. Each line of the standard input names a job; the answer is its milliseconds.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

sharp.cache(false);
sharp.concurrency(1);
const upload = readFileSync(process.argv[2]);
const SIZES = [32, 64, 128, 256, 512];

const open = () => sharp(upload, { autoOrient: true });
const jobs = {
  /** What an upload makes: the square that is kept. */
  square: () => open().resize(512, 512).toColourspace('srgb').webp({ lossless: true, effort: 0 }).toBuffer(),
  /** All sizes of WebP, from one decoding. */
  variants: async () => {
    const { data, info } = await open().resize(512, 512).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
    for (const size of SIZES) await sharp(data, { raw: info }).resize(size, size).webp({ quality: 82, alphaQuality: 90, effort: 4 }).toBuffer();
  },
};

console.log('ready');
for await (const job of createInterface({ input: process.stdin })) {
  const startedAt = performance.now();
  await jobs[job]();
  console.log(`took ${performance.now() - startedAt}`);
}
