import { afterAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { AppError } from '../../src/kernel/errors/index.js';
import { DecodeGate } from '../../src/modules/avatars/pipeline/decode-gate.js';
import { PicturePipeline } from '../../src/modules/avatars/pipeline/picture-pipeline.js';
import { truncations } from './hostile/corpus.mjs';
import { decoderPool, flat, quarters } from './test-pictures.js';

const decoders = decoderPool();
afterAll(() => decoders.close());
const pipeline = new PicturePipeline(new DecodeGate(2, { upload: 1000, variant: 1000 }), { maxBytes: 10 * 1024 * 1024, maxPixels: 50_000_000 }, decoders);

/** The status an upload would be answered with; anything that is not an AppError is a 500. */
const statusOf = (upload: Buffer): Promise<number> =>
  pipeline.normalise(upload).then(
    () => 200,
    (error: unknown) => {
      if (!(error instanceof AppError)) throw error;
      return error.status;
    },
  );

// The whole corpus goes through the service: hostile-uploads.spec.ts.
describe('the pipeline', () => {
  it('refuses a picture that is cut off at any percent', async () => {
    for await (const { name, bytes, expected } of truncations(1)) {
      const status = await statusOf(bytes);
      expect([name, expected.includes(status) ? 'as expected' : status]).toEqual([name, 'as expected']);
    }
  });

  it('never decodes SVG or TIFF, whatever their first bytes say', async () => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>');
    for (const start of ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF89a']) {
      expect(await statusOf(Buffer.concat([Buffer.from(start, 'latin1'), svg]))).toBe(422);
    }
    await expect(sharp(svg).toBuffer()).rejects.toThrow();
    await expect(flat(8, 8, '#fff').tiff().toBuffer().then((tiff) => sharp(tiff).toBuffer())).rejects.toThrow();
  });

  it('takes nothing but the picture out of a polyglot', async () => {
    for (const format of ['jpeg', 'png', 'webp', 'gif', 'avif'] as const) {
      const picture = await quarters(64, 64).toFormat(format).toBuffer();
      const { bytes } = await pipeline.normalise(Buffer.concat([picture, Buffer.from('<script>POLYGLOT</script>')]));
      expect(bytes.includes('POLYGLOT')).toBe(false);
    }
  });
});
