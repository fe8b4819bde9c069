import { afterAll, describe, expect, it } from '@jest/globals';
import sharp, { type Sharp } from 'sharp';
import { DecodeGate } from '../../src/modules/avatars/pipeline/decode-gate.js';
import { PICTURE_FORMATS, PICTURE_SIZES } from '../../src/modules/avatars/pipeline/picture-variant.js';
import { PicturePipeline } from '../../src/modules/avatars/pipeline/picture-pipeline.js';
import { isLong } from '../kit/run-length.js';
import { cornersOf, decoderPool, distance, flat, noise, quarters } from './test-pictures.js';

const RED = [220, 20, 20];
const GREEN = [20, 180, 20];
const BLUE = [20, 20, 220];
const WHITE = [250, 250, 250];
const limits = { maxBytes: 10 * 1024 * 1024, maxPixels: 50_000_000 };
const decoders = decoderPool();
afterAll(() => decoders.close());
const pipeline = new PicturePipeline(new DecodeGate(2, { upload: 100, variant: 100 }), limits, decoders);

async function kept(upload: Buffer): Promise<Buffer> {
  return (await pipeline.normalise(upload)).bytes;
}

async function expectCorners(bytes: Buffer, expected: number[][], tolerance = 6): Promise<void> {
  const corners = await cornersOf(bytes);
  corners.forEach((corner, index) => expect(distance(expected[index]!, corner)).toBeLessThanOrEqual(tolerance));
}

describe('PicturePipeline: animations', () => {
  const moving = new PicturePipeline(new DecodeGate(2, { upload: 100, variant: 100 }), { ...limits, animation: true }, decoders);
  const film = async (frames: number, format: 'gif' | 'webp', delayMs = 80, sides: readonly [number, number] = [40, 20]): Promise<Buffer> => {
    const shades = Array.from({ length: frames }, (_, index) => flat(...sides, { r: 250 - (index % 3) * 100, g: 0, b: 0 }).flatten().png().toBuffer());
    return sharp(await Promise.all(shades), { join: { animated: true } }).toFormat(format, { delay: Array<number>(frames).fill(delayMs), loop: 0, ...(format === 'webp' && { lossless: true }) }).toBuffer();
  };

  it.each(['gif', 'webp'] as const)('keep the frames of a %s in WebP when they are wanted, and show the first in other formats', async (format) => {
    const upload = await film(3, format);
    const { bytes } = await moving.normalise(upload, { x: 5, y: 2, size: 16 });
    const variant = await moving.render(bytes, { size: 32, format: 'webp' });
    expect(await sharp(variant).metadata()).toMatchObject({ pages: 3, width: 32, height: 32, delay: [80, 80, 80], loop: 0 });
    for (const [page, red] of [250, 150, 50].entries()) await expectCorners(await sharp(variant, { page }).removeAlpha().png().toBuffer(), Array(4).fill([red, 0, 0]), 8);
    for (const other of ['png', 'jpeg', 'avif'] as const) {
      const still = await moving.render(bytes, { size: 32, format: other });
      expect((await sharp(still).metadata()).pages ?? 1).toBe(1);
      await expectCorners(await sharp(still).removeAlpha().png().toBuffer(), Array(4).fill([250, 0, 0]), 8);
    }
  });

  it('are their first frame by default, under another name', async () => {
    const upload = await film(3, 'gif');
    const [still, kept] = [await pipeline.normalise(upload), await moving.normalise(upload)];
    expect((await sharp(still.bytes).metadata()).pages ?? 1).toBe(1);
    expect((await sharp(kept.bytes).metadata()).pages).toBe(3);
    expect(kept.key).not.toBe(still.key);
  });

  it('are their first frame beyond the budget: frames, duration, pixels', async () => {
    for (const upload of [await film(101, 'webp', 20, [4, 4]), await film(4, 'gif', 8_000), await film(65, 'webp', 20, [512, 512])]) {
      const beyond = await moving.normalise(upload);
      expect((await sharp(beyond.bytes).metadata()).pages ?? 1).toBe(1);
      expect(beyond.key).toBe((await pipeline.normalise(upload)).key);
    }
    expect((await sharp((await moving.normalise(await film(100, 'webp', 20, [4, 4]))).bytes).metadata()).pages).toBe(100);
  });

  it('leave single pictures what they are, to the byte', async () => {
    const upload = await quarters(300, 300).png().toBuffer();
    const [one, other] = [await pipeline.normalise(upload), await moving.normalise(upload)];
    expect([other.key, other.bytes]).toEqual([one.key, one.bytes]);
    expect(await moving.render(other.bytes, { size: 64, format: 'webp' })).toEqual(await sharp(one.bytes).resize(64, 64, { fit: 'fill', fastShrinkOnLoad: false }).webp({ quality: 82, alphaQuality: 90, effort: 4 }).toBuffer());
  });
});

describe('PicturePipeline: pixels', () => {
  const striped = (): Sharp => {
    const [width, height] = [700, 600];
    const data = Buffer.alloc(width * height * 4);
    for (let at = 0; at < width * height; at += 1) data.set([at % 256, (at * 7) % 256, (at >> 8) % 256, [0, 255, 128, at % 256][(at >> 4) % 4]!], at * 4);
    return sharp(data, { raw: { width, height, channels: 4 } });
  };

  it.each<[string, () => Sharp]>([
    ['a photograph', () => striped().removeAlpha().jpeg()],
    ['one with alpha', () => striped().png()],
    ['one whose alpha hides nothing', () => striped().removeAlpha().ensureAlpha(1).png()],
    ['a transparent one', () => striped().removeAlpha().ensureAlpha(0).png()],
    ['16 bits with alpha', () => striped().toColourspace('rgb16').png()],
    ['a grey one', () => striped().removeAlpha().greyscale().png()],
    ['a palette', () => striped().gif()],
  ])('are those of the kept form: %s', async (_name, make) => {
    const { bytes, pixels } = await pipeline.normalise(await make().toBuffer());
    for (const size of isLong ? ([32, 256, 512] as const) : ([32, 256] as const)) {
      for (const format of ['webp', 'png', 'jpeg'] as const) expect((await pipeline.render(pixels!, { size, format })).equals(await pipeline.render(bytes, { size, format }))).toBe(true);
    }
  });
});

describe('PicturePipeline: what comes in', () => {
  it.each(['jpeg', 'png', 'webp', 'gif', 'avif'] as const)('takes %s', async (format) => {
    await expectCorners(await kept(await quarters(600, 600).toFormat(format).toBuffer()), [RED, GREEN, BLUE, WHITE], 14);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])('puts EXIF orientation %i upright', async (orientation) => {
    // Where each corner of the stored picture is shown: EXIF 2.32 §4.6.4, tag 0x0112.
    const shown: Record<number, number[][]> = {
      1: [RED, GREEN, BLUE, WHITE],
      2: [GREEN, RED, WHITE, BLUE],
      3: [WHITE, BLUE, GREEN, RED],
      4: [BLUE, WHITE, RED, GREEN],
      5: [RED, BLUE, GREEN, WHITE],
      6: [BLUE, RED, WHITE, GREEN],
      7: [WHITE, GREEN, BLUE, RED],
      8: [GREEN, WHITE, RED, BLUE],
    };
    const upload = await quarters(400, 400).withMetadata({ orientation }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    await expectCorners(await kept(upload), shown[orientation]!);
  });

  it('cuts the centred square out, after turning', async () => {
    const wide = await sharp({ create: { width: 900, height: 300, channels: 3, background: '#000' } })
      .composite([{ input: await quarters(300, 300).png().toBuffer(), left: 300, top: 0 }])
      .withMetadata({ orientation: 6 }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer();
    const bytes = await kept(wide);
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 300, height: 300 });
    await expectCorners(bytes, [BLUE, RED, WHITE, GREEN]);
  });

  it('converts Display P3 to sRGB instead of dropping the profile', async () => {
    const upload = await flat(64, 64, '#ff0000').withIccProfile('p3').png().toBuffer();
    await expectCorners(await kept(upload), Array(4).fill([255, 0, 0]), 3);
  });

  it('converts CMYK to sRGB', async () => {
    for (const colour of [[138, 112, 96], [90, 120, 150], [200, 200, 190]]) { // in the gamut of print, as most photographs are
      const upload = await flat(64, 64, { r: colour[0]!, g: colour[1]!, b: colour[2]! }).flatten().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
      expect((await sharp(upload).metadata()).space).toBe('cmyk');
      await expectCorners(await kept(upload), Array(4).fill(colour), 12);
    }
  });

  it('takes 16-bit, grey, palette and interlaced pictures', async () => {
    const plain = [RED, GREEN, BLUE, WHITE];
    await expectCorners(await kept(await quarters(200, 200).toColourspace('rgb16').png().toBuffer()), plain);
    await expectCorners(await kept(await quarters(200, 200).png({ palette: true, progressive: true }).toBuffer()), plain);
    await expectCorners(await kept(await quarters(200, 200).jpeg({ progressive: true, quality: 100, chromaSubsampling: '4:4:4' }).toBuffer()), plain);
    const grey = await kept(await quarters(200, 200).greyscale().png().toBuffer());
    expect((await sharp(grey).metadata()).space).toBe('srgb');
    expect((await cornersOf(grey)).every(([red, green, blue]) => red === green && green === blue)).toBe(true);
  });

  it('keeps alpha where the format can, and puts white below it where it cannot', async () => {
    const source = await kept(await flat(100, 100, { r: 0, g: 0, b: 0, alpha: 0 }).png().toBuffer());
    for (const format of ['webp', 'png', 'avif'] as const) {
      const [corner] = await cornersOf(await pipeline.render(source, { size: 64, format }));
      expect(corner?.[3]).toBe(0);
    }
    expect(await cornersOf(await pipeline.render(source, { size: 64, format: 'jpeg' }))).toEqual(Array(4).fill([255, 255, 255]));
  });

  it('takes the first frame of an animation', async () => {
    const frames = Buffer.concat([await quarters(80, 80).raw().toBuffer(), Buffer.alloc(80 * 80 * 3)]);
    for (const format of ['gif', 'webp'] as const) {
      const upload = await sharp(frames, { raw: { width: 80, height: 160, channels: 3, pageHeight: 80 } }).toFormat(format, { quality: 100 }).toBuffer();
      expect((await sharp(upload).metadata()).pages).toBe(2);
      const bytes = await kept(upload);
      expect(await sharp(bytes).metadata()).toMatchObject({ width: 80, height: 80 });
      await expectCorners(bytes, [RED, GREEN, BLUE, WHITE], 20);
    }
  });

  it('takes one pixel, and 10,000 by 1', async () => {
    expect(await sharp(await kept(await flat(1, 1, '#0f0').png().toBuffer())).metadata()).toMatchObject({ width: 1, height: 1 });
    expect(await sharp(await kept(await flat(10_000, 1, '#0f0').png().toBuffer())).metadata()).toMatchObject({ width: 1, height: 1 });
  });

  it('keys a picture by its bytes', async () => {
    const upload = await quarters(50, 50).png().toBuffer();
    const [one, again, other] = [await pipeline.normalise(upload), await pipeline.normalise(upload), await pipeline.normalise(await quarters(52, 50).png().toBuffer())];
    expect(one.key).toMatch(/^[0-9a-f]{64}$/);
    expect(again).toEqual(one);
    expect(other.key).not.toBe(one.key);
  });
});

describe('PicturePipeline: what goes out', () => {
  it.each(PICTURE_FORMATS)('makes every size in %s, exactly square, without any metadata', async (format) => {
    const exif = { IFD0: { Copyright: 'SECRET-COPYRIGHT' }, IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' } };
    const upload = await quarters(700, 500).withExif(exif).withIccProfile('p3').withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET-XMP</x:xmpmeta>').jpeg().toBuffer();
    expect(upload.includes('SECRET-COPYRIGHT') && upload.includes('SECRET-XMP')).toBe(true);
    const source = await kept(upload);
    for (const size of isLong ? PICTURE_SIZES : [PICTURE_SIZES[0], PICTURE_SIZES.at(-1)!]) {
      const bytes = await pipeline.render(source, { size, format });
      const metadata = await sharp(bytes).metadata();
      expect(metadata).toMatchObject({ width: size, height: size, space: 'srgb', format: format === 'avif' ? 'heif' : format });
      expect([metadata.exif, metadata.xmp, metadata.icc, metadata.iptc, metadata.orientation]).toEqual(Array(5).fill(undefined));
      expect(/SECRET|GPS|Exif|xmpmeta/.test(bytes.toString('latin1'))).toBe(false);
    }
    expect(/SECRET|GPS|xmpmeta/.test(source.toString('latin1'))).toBe(false);
  });

  const plain = [RED, GREEN, BLUE, WHITE];
  const square = () => quarters(200, 200);
  const grey = (value: number): number[][] => Array<number[]>(4).fill([value, value, value]);
  it.each<[string, () => Promise<Buffer>, number[][]]>([
    ['turned by Exif', () => square().withMetadata({ orientation: 3 }).jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), [WHITE, BLUE, GREEN, RED]],
    ['in Display P3', () => square().withIccProfile('p3').jpeg({ quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), plain],
    ['in CMYK', () => flat(64, 64, { r: 138, g: 112, b: 96 }).flatten().toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), Array<number[]>(4).fill([138, 112, 96])],
    ['of 16 bits', () => square().toColourspace('rgb16').png().toBuffer(), plain],
    ['in grey', () => flat(64, 64, '#777').flatten().greyscale().png().toBuffer(), grey(119)],
    ['in grey, JPEG', () => flat(64, 64, '#777').flatten().greyscale().jpeg({ quality: 100 }).toBuffer(), grey(119)],
    ['with a palette', () => square().png({ palette: true }).toBuffer(), plain],
    ['interlaced', () => square().png({ progressive: true }).toBuffer(), plain],
    ['progressive', () => square().jpeg({ progressive: true, quality: 100, chromaSubsampling: '4:4:4' }).toBuffer(), plain],
    ['of one pixel', () => flat(1, 1, '#777').png().toBuffer(), grey(119)],
    ['of 10,000 × 1', () => flat(10_000, 1, '#777').png().toBuffer(), grey(119)],
    ['of 1 × 10,000', () => flat(1, 10_000, '#777').png().toBuffer(), grey(119)],
    ['with GPS, XMP and IPTC', () => square().withExif({ IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '51/1 30/1 0/1' } }).withXmp('<x:xmpmeta xmlns:x="adobe:ns:meta/">SECRET</x:xmpmeta>').webp({ lossless: true }).toBuffer(), plain],
  ])('gives a picture %s in every format: upright, in the right colours, without metadata', async (_name, make, expected) => {
    const source = await kept(await make());
    for (const format of PICTURE_FORMATS) {
      const bytes = await pipeline.render(source, { size: 64, format });
      const metadata = await sharp(bytes).metadata();
      expect([metadata.width, metadata.height, metadata.space, metadata.exif, metadata.xmp, metadata.icc, metadata.iptc]).toEqual([64, 64, 'srgb', undefined, undefined, undefined, undefined]);
      expect(/SECRET|GPS|Exif\0|xmpmeta|ICC_PROFILE/.test(bytes.toString('latin1'))).toBe(false);
      await expectCorners(bytes, expected, 16);
    }
  });

  it('shows all of the square in every size', async () => {
    const source = await kept(await quarters(512, 512).png().toBuffer());
    for (const format of PICTURE_FORMATS) await expectCorners(await pipeline.render(source, { size: 128, format }), [RED, GREEN, BLUE, WHITE], 16);
  });
});

describe('PicturePipeline: limits', () => {
  it('refuses more bytes than allowed', async () => {
    const small = new PicturePipeline(new DecodeGate(1, { upload: 1, variant: 1 }), { ...limits, maxBytes: 1000 }, decoders);
    await expect(small.normalise(await noise(100, 100).png().toBuffer())).rejects.toMatchObject({ code: 'avatar.too_large', status: 413 });
  });

  it.each(['png', 'webp', 'jpeg', 'gif', 'avif'] as const)('refuses a %s of more pixels than allowed before decoding it', async (format) => {
    const upload = await flat(1001, 1000, '#123456').toFormat(format).toBuffer();
    const small = new PicturePipeline(new DecodeGate(1, { upload: 1, variant: 1 }), { ...limits, maxPixels: 1_000_000 }, decoders);
    await expect(small.normalise(upload)).rejects.toMatchObject({ code: 'avatar.too_many_pixels', status: 422 });
    const enough = new PicturePipeline(new DecodeGate(1, { upload: 1, variant: 1 }), { ...limits, maxPixels: 1_001_000 }, decoders);
    await expect(enough.normalise(upload)).resolves.toBeDefined();
  });

  it('stops a pixel bomb before it is decoded', async () => {
    const bomb = await flat(12_000, 12_000, '#000').png({ compressionLevel: 9 }).toBuffer();
    const before = performance.now();
    await expect(pipeline.normalise(bomb)).rejects.toMatchObject({ code: 'avatar.too_many_pixels' });
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it('works on so many at once, lets so many wait, and refuses the rest', async () => {
    const upload = await noise(300, 300).png().toBuffer();
    const busy = new PicturePipeline(new DecodeGate(1, { upload: 2, variant: 2 }), limits, decoders);
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => busy.normalise(upload)));
    expect(outcomes.map((each) => each.status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected', 'rejected']);
    expect((outcomes[4] as PromiseRejectedResult).reason).toMatchObject({ code: 'avatar.busy', status: 503, headers: { 'Retry-After': '2' } });
    await expect(busy.normalise(upload)).resolves.toBeDefined();
  });
});
