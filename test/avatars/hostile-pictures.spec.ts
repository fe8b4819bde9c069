import { describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { deflateRawSync, gzipSync } from 'node:zlib';
import sharp from 'sharp';
import { AppError } from '../../src/kernel/errors/index.js';
import { DecodeGate } from '../../src/modules/avatars/pipeline/decode-gate.js';
import { PicturePipeline } from '../../src/modules/avatars/pipeline/picture-pipeline.js';
import { flat, noise, quarters } from './test-pictures.js';

const pipeline = new PicturePipeline(new DecodeGate(2, { upload: 1000, variant: 1000 }), { maxBytes: 10 * 1024 * 1024, maxPixels: 50_000_000 });
const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'avif'] as const;

/** The status an upload would be answered with; anything that is not an AppError is a 500. */
async function statusOf(upload: Buffer): Promise<number> {
  try {
    const { bytes } = await pipeline.normalise(upload);
    const { width, height } = await sharp(bytes).metadata();
    expect(width).toBe(height);
    return 200;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.status;
  }
}

const codeOf = async (upload: Buffer): Promise<string> => pipeline.normalise(upload).then(() => 'ok', (error: AppError) => error.code);

describe('hostile uploads', () => {
  it.each(FORMATS)('refuses a %s that is cut off at any percent', async (format) => {
    const whole = await noise(96, 96).toFormat(format, { quality: 90 }).toBuffer();
    for (let percent = 0; percent < 99; percent += 1) {
      const cut = whole.subarray(0, Math.floor((whole.length * percent) / 100));
      expect(`${percent}: ${await statusOf(cut)}`).toBe(`${percent}: 422`);
    }
    expect(await statusOf(whole)).toBe(200);
  });

  it.each(FORMATS)('answers 2xx, 415 or 422 for a %s with flipped bits', async (format) => {
    const whole = await quarters(64, 64).toFormat(format).toBuffer();
    for (let round = 0; round < 150; round += 1) {
      const flipped = Buffer.from(whole);
      for (let times = 0; times <= round % 4; times += 1) flipped[(round * 7919 + times * 104_729) % whole.length]! ^= 1 << (round % 8);
      expect([200, 415, 422]).toContain(await statusOf(flipped));
    }
    expect(await statusOf(whole)).toBe(200);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['one byte', Buffer.from([0xff])],
    ['text', Buffer.from('hello, I am a picture\n')],
    ['noise', randomBytes(65_536)],
    ['zeros', Buffer.alloc(65_536)],
    ['HTML', Buffer.from('<!doctype html><html><body><svg></svg></body></html>')],
    ['a ZIP', Buffer.from('PK\x03\x04rest of it', 'latin1')],
    ['compressed SVG', gzipSync('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['an MP4', Buffer.from('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', 'latin1')],
    ['only a PNG signature', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
    ['only a WebP header', Buffer.from('RIFF\xff\xff\xff\x7fWEBPVP8 ', 'latin1')],
    ['only an AVIF brand', Buffer.from('\0\0\0\x18ftypavif\0\0\0\0avifmif1', 'latin1')],
  ])('says of %s that it is not an image', async (_name, bytes) => {
    expect(await codeOf(bytes)).toBe('avatar.not_an_image');
  });

  const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><script>alert(1)</script></svg>';
  it.each([
    ['SVG', Buffer.from(svg)],
    ['SVG after a declaration and a comment', Buffer.from(`<?xml version="1.0"?>\n<!-- a comment -->\n<!DOCTYPE svg>${svg}`)],
    ['SVG after a byte order mark', Buffer.from(`\ufeff${svg}`)],
    ['SVG after white space', Buffer.from(`\n\n \t${svg}`)],
    ['SVG in UTF-16', Buffer.from(`\ufeff${svg}`, 'utf16le')],
    ['SVG in UTF-16, big end first', Buffer.from(`\ufeff${svg}`, 'utf16le').swap16()],
    ['SVG with a namespace prefix', Buffer.from('<s:svg xmlns:s="http://www.w3.org/2000/svg"></s:svg>')],
    ['TIFF', Buffer.from('II*\0\x08\0\0\0', 'latin1')],
    ['BMP', Buffer.from('BM\x36\0\0\0', 'latin1')],
    ['PDF', Buffer.from('%PDF-1.7\n')],
    ['HEIC', Buffer.from('\0\0\0\x18ftypheic\0\0\0\0mif1heic', 'latin1')],
    ['JPEG XL', Buffer.from([0xff, 0x0a, 0, 0])],
  ])('says of %s that this type is not taken', async (_name, bytes) => {
    expect(await codeOf(bytes)).toBe('avatar.unsupported_type');
  });

  it('never decodes SVG or TIFF, whatever their first bytes say', async () => {
    for (const start of ['\xff\xd8\xff', '\x89PNG\r\n\x1a\n', 'GIF89a']) {
      expect(await statusOf(Buffer.concat([Buffer.from(start, 'latin1'), Buffer.from(svg)]))).toBe(422);
    }
    await expect(sharp(Buffer.from(svg)).toBuffer()).rejects.toThrow();
    await expect(flat(8, 8, '#fff').tiff().toBuffer().then((tiff) => sharp(tiff).toBuffer())).rejects.toThrow();
  });

  it('takes nothing but the picture out of a polyglot', async () => {
    for (const format of FORMATS) {
      const picture = await quarters(64, 64).toFormat(format).toBuffer();
      const trailer = Buffer.concat([Buffer.from('<script>POLYGLOT</script>PK\x03\x04'), deflateRawSync(Buffer.alloc(1000))]);
      const { bytes } = await pipeline.normalise(Buffer.concat([picture, trailer]));
      expect(bytes.includes('POLYGLOT')).toBe(false);
    }
  });

  it('refuses pictures whose header promises more pixels than allowed', async () => {
    const png = await quarters(8, 8).png().toBuffer();
    png.writeUInt32BE(60_000, 16);
    png.writeUInt32BE(60_000, 20);
    expect([415, 422]).toContain(await statusOf(png));
    const gif = await quarters(8, 8).gif().toBuffer();
    gif.writeUInt16LE(65_535, 6);
    gif.writeUInt16LE(65_535, 8);
    expect([200, 422]).toContain(await statusOf(gif)); // the decoder takes the first frame's size where the screen's is absurd
  });

  it('serves the next good upload after all of it', async () => {
    expect(await statusOf(await quarters(64, 64).png().toBuffer())).toBe(200);
  });
});
