import { afterAll, describe, expect, it } from '@jest/globals';
import { deflateSync } from 'node:zlib';
import { DecodeGate } from '../../src/modules/avatars/pipeline/decode-gate.js';
import { PicturePipeline } from '../../src/modules/avatars/pipeline/picture-pipeline.js';
import sharp from '../kit/unblocked-sharp.js';
import { gifFrame, gifOf, gifScreen, pngChunk } from './hostile/picture-makers.mjs';
import { cornersOf, decoderPool, distance, flat, noise, quarters } from './test-pictures.js';

const decoders = decoderPool();
afterAll(() => decoders.close());
const limits = { maxBytes: 10 * 1024 * 1024, maxPixels: 50_000_000 };
const gate = new DecodeGate(2, { upload: 100, variant: 100 });
const pipeline = new PicturePipeline(gate, limits, decoders);
const moving = new PicturePipeline(gate, { ...limits, animation: true }, decoders);

const FORMATS = ['jpeg', 'png', 'webp', 'gif', 'avif'] as const;
const BEHIND_HEADER = 8 + 25;

/** A PNG with a chunk more, right behind its header. */
const withChunk = (png: Buffer, type: string, data: Buffer): Buffer => Buffer.concat([png.subarray(0, BEHIND_HEADER), pngChunk(type, data), png.subarray(BEHIND_HEADER)]);

async function profileOf(name: 'srgb' | 'p3'): Promise<Buffer> {
  return (await sharp(await flat(8, 8, '#fff').withIccProfile(name).png().toBuffer()).metadata()).icc!;
}

const withProfile = async (png: Buffer, name: 'srgb' | 'p3'): Promise<Buffer> => withChunk(png, 'iCCP', Buffer.concat([Buffer.from('p\0\0', 'latin1'), deflateSync(await profileOf(name))]));

async function colourOf(upload: Buffer): Promise<number[]> {
  return (await cornersOf((await pipeline.normalise(upload)).bytes))[0]!;
}

const red = () => sharp({ create: { width: 64, height: 64, channels: 3, background: { r: 200, g: 40, b: 40 } } });

describe('16 bits a channel', () => {
  it.each(['srgb', 'p3'] as const)('with a profile (%s) have the colours that 8 bits have', async (profile) => {
    const [deep, plain] = [await red().toColourspace('rgb16').png().toBuffer(), await red().png().toBuffer()];
    expect((await sharp(deep).metadata()).depth).toBe('ushort');
    const expected = profile === 'srgb' ? [200, 40, 40] : [218, 0, 27];
    expect(distance(await colourOf(await withProfile(plain, profile)), expected)).toBeLessThanOrEqual(2);
    expect(distance(await colourOf(await withProfile(deep, profile)), expected)).toBeLessThanOrEqual(2);
  });

  it('in grey, with a profile or without, stay grey', async () => {
    const grey = await sharp({ create: { width: 64, height: 64, channels: 3, background: '#777777' } }).toColourspace('grey16').png().toBuffer();
    expect((await sharp(grey).metadata()).space).toBe('grey16');
    expect(distance(await colourOf(grey), [119, 119, 119])).toBeLessThanOrEqual(2);
  });

  it.each([10, 12] as const)('of an AVIF of %i bits, with a profile, too', async (bitdepth) => {
    const deep = await withProfile(await red().toColourspace('rgb16').png().toBuffer(), 'srgb');
    const upload = await sharp(deep).keepIccProfile().avif({ bitdepth, quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
    expect((await sharp(upload).metadata()).hasProfile).toBe(true);
    expect(distance(await colourOf(upload), [200, 40, 40])).toBeLessThanOrEqual(2);
  });
});

describe('a PNG that says its gamma', () => {
  const gammaOf = (gamma: number): Buffer => {
    const data = Buffer.alloc(4);
    data.writeUInt32BE(Math.round(gamma * 100_000));
    return data;
  };
  const dark = async (): Promise<Buffer> => sharp({ create: { width: 16, height: 16, channels: 3, background: { r: 79, g: 79, b: 79 } } }).png().toBuffer();

  it('is shown as browsers show it', async () => {
    expect(distance(await colourOf(withChunk(await dark(), 'gAMA', gammaOf(1))), [150, 150, 150])).toBeLessThanOrEqual(2);
    expect(distance(await colourOf(withChunk(await dark(), 'gAMA', gammaOf(0.35))), [56, 56, 56])).toBeLessThanOrEqual(2);
  });

  it('is left as it is when that is the usual one, or a profile or sRGB is named too', async () => {
    const plain = await dark();
    for (const upload of [withChunk(plain, 'gAMA', gammaOf(0.45455)), withChunk(plain, 'gAMA', gammaOf(0)), withChunk(withChunk(plain, 'gAMA', gammaOf(1)), 'sRGB', Buffer.alloc(1))]) {
      expect(distance(await colourOf(upload), [79, 79, 79])).toBeLessThanOrEqual(1);
    }
  });
});

describe('an AVIF whose alpha is coded in limited range', () => {
  /** The same picture, which says so of its alpha: one bit of the sequence header (color_range, AV1 specification §5.5.2). */
  const limited = (avif: Buffer): Buffer => {
    const header = Buffer.from('0a0618157ffd8540', 'hex'); // of 64 by 64 grey pixels
    const at = avif.indexOf(header);
    expect(at).toBeGreaterThan(0);
    const said = Buffer.from(avif);
    said[at + 6] = 0x84;
    return said;
  };
  const square = (alpha: number) => sharp({ create: { width: 64, height: 64, channels: 4, background: { r: 200, g: 40, b: 40, alpha: alpha / 255 } } }).avif({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer();
  const alphaOf = async (upload: Buffer): Promise<number> => (await cornersOf((await pipeline.normalise(upload)).bytes))[0]![3] ?? 255;

  it.each([[235, 255], [16, 0], [126, 128]])('is as opaque as it was meant to be: %i is %i of 255', async (coded, meant) => {
    const avif = await square(coded);
    expect(Math.abs((await alphaOf(avif)) - coded)).toBeLessThanOrEqual(2);
    expect(Math.abs((await alphaOf(limited(avif))) - meant)).toBeLessThanOrEqual(2);
  });
});

describe('types', () => {
  /** All in `ftyp` that says AVIF says something else. */
  const rebranded = (avif: Buffer, brand: string): Buffer => {
    const end = avif.readUInt32BE(0);
    return Buffer.concat([Buffer.from(avif.toString('latin1', 0, end).replaceAll('avif', brand), 'latin1'), avif.subarray(end)]);
  };

  it.each(['mif1', 'heic'])('are judged by what is coded, where brands leave it open or lie: AVIF of the brand %s', async (brand) => {
    const avif = await quarters(64, 64).avif({ quality: 90, chromaSubsampling: '4:4:4' }).toBuffer();
    const corners = await cornersOf((await pipeline.normalise(rebranded(avif, brand))).bytes);
    expect(distance(corners[0]!, [220, 20, 20])).toBeLessThan(8);
  });

  it('are judged by what is coded: HEVC of the brand mif1', async () => {
    const avif = await quarters(64, 64).avif().toBuffer();
    const hevc = Buffer.from(rebranded(avif, 'mif1').toString('latin1').replaceAll('av01', 'hvc1'), 'latin1');
    await expect(pipeline.normalise(hevc)).rejects.toMatchObject({ status: 415, detail: expect.stringContaining('HEIC') });
  });

  it.each<[string, string]>([
    ['QOI', 'qoif\0\0\0\x40\0\0\0\x40\x03\0'],
    ['PNM', 'P6\n64 64\n255\n'],
    ['PFM', 'PF\n64 64\n-1.0\n'],
    ['DDS', 'DDS \x7c\0\0\0'],
    ['ICNS', 'icns\0\0\x10\0'],
    ['XPM', '/* XPM */\nstatic char *me[] = {'],
    ['SGI', '\x01\xda\0\x01\0\x03'],
    ['PCX', '\x0a\x05\x01\x08\0\0\0\0'],
    ['farbfeld', 'farbfeld\0\0\0\x40'],
    ['MNG', '\x8aMNG\r\n\x1a\n'],
    ['AVIF sequence', '\0\0\0\x18ftypavis\0\0\0\0avismsf1\0\0\0\x08moov'],
    ['HEIC', '\0\0\0\x18ftypheic\0\0\0\0mif1heic\0\0\0\x08meta'],
  ])('that are not taken are told by name: %s', async (name, start) => {
    await expect(pipeline.normalise(Buffer.concat([Buffer.from(start, 'latin1'), Buffer.alloc(200)]))).rejects.toMatchObject({ status: 415, detail: expect.stringContaining(name) });
  });
});

describe('a file that is cut off', () => {
  it.each(FORMATS)('is refused, and be it by its end mark alone: %s', async (format) => {
    const whole = await noise(64, 64).toFormat(format).toBuffer();
    await expect(pipeline.normalise(whole)).resolves.toBeDefined();
    const endMark = { jpeg: 2, png: 12, webp: 1, gif: 1, avif: 1 }[format];
    for (const missing of [endMark, endMark + 1, 60]) await expect(pipeline.normalise(whole.subarray(0, -missing))).rejects.toMatchObject({ code: 'avatar.not_an_image' });
  });
});

describe('a GIF', () => {
  const corners = async (upload: Buffer): Promise<number[][]> => cornersOf((await pipeline.normalise(upload)).bytes);
  const red = [255, 0, 0, 255];

  it('is transparent where its first frame leaves the screen open', async () => {
    const [nearNear, farNear, , farFar] = await corners(gifOf(gifScreen(64, 64), gifFrame(32, 64)));
    expect([nearNear, farNear?.[3], farFar?.[3]]).toEqual([red, 0, 0]);
    const [first, , , last] = await corners(gifOf(gifScreen(64, 64), gifFrame(40, 40, { x: 24, y: 24 })));
    expect([first?.[3], last]).toEqual([0, red]);
  });

  it('is opaque where it covers all of it', async () => {
    for (const corner of await corners(gifOf(gifScreen(64, 64), gifFrame(64, 64)))) expect(corner.slice(0, 3)).toEqual([255, 0, 0]);
  });

  it('with broken frames behind the first is its first frame, whether animations are kept or not', async () => {
    const broken = gifFrame(64, 64).fill(0xff, 12, 20); // codes that mean nothing
    const upload = gifOf(gifScreen(64, 64), gifFrame(64, 64), broken);
    await expect(sharp(upload, { animated: true, failOn: 'error' }).toBuffer()).rejects.toThrow('Invalid frame data');
    const [still, kept] = [await pipeline.normalise(upload), await moving.normalise(upload)];
    expect(kept.key).toBe(still.key);
  });
});

describe('an animation that is scaled', () => {
  const film = async (side: number): Promise<Buffer> => {
    const frames = await Promise.all(['#000', '#fff', '#000', '#fff'].map((colour) => flat(side, side, colour).flatten().png().toBuffer()));
    return sharp(frames, { join: { animated: true } }).webp({ lossless: true, delay: [90, 90, 90, 90], loop: 3 }).toBuffer();
  };

  it.each([[1, 512], [16, 512], [16, 32], [700, 256]])('from %i to %i pixels has no trace of one frame in another', async (side, size) => {
    const { bytes } = await moving.normalise(await film(side));
    const variant = await moving.render(bytes, { size: size as 512, format: 'webp' });
    expect(await sharp(variant).metadata()).toMatchObject({ pages: 4, width: size, height: size, delay: [90, 90, 90, 90], loop: 3 });
    for (const [page, expected] of [0, 255, 0, 255].entries()) {
      const { min, max } = (await sharp(variant, { page }).removeAlpha().greyscale().stats()).channels[0]!;
      expect([page, Math.max(Math.abs(min - expected), Math.abs(max - expected)) <= 3]).toEqual([page, true]);
    }
  });
});
