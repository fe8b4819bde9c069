// The yardstick of uploads: sharp alone, on the same bytes. Each line of the standard input names a job; the answer is its milliseconds.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import sharp from 'sharp';

sharp.cache(false);
sharp.concurrency(1);
const upload = readFileSync(process.argv[2]);
const SIZES = [32, 64, 128, 256, 512];

/** The square that is kept, and these sizes in WebP, from one decoding. */
async function make(sizes) {
  const { data, info } = await sharp(upload, { autoOrient: true }).resize(512, 512).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const square = () => sharp(data, { raw: info });
  await square().webp({ lossless: true, effort: 0 }).toBuffer();
  for (const size of sizes) await square().resize(size, size).webp({ quality: 82, alphaQuality: 90, effort: 4 }).toBuffer();
}

const jobs = {
  /** What an upload makes. */
  upload: () => make(SIZES.filter((size) => size <= 256)),
  /** That, and the size that is made when it is first asked for. */
  all: () => make(SIZES),
};

console.log('ready');
for await (const job of createInterface({ input: process.stdin })) {
  const startedAt = performance.now();
  await jobs[job]();
  console.log(`took ${performance.now() - startedAt}`);
}
