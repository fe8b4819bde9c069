import { describe, expect, it } from '@jest/globals';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { FONT_PACKAGES, FontCatalogue, fontFolder } from '../../src/modules/avatars/generated/font-catalogue.js';
import { GeneratedPictureRenderer } from '../../src/modules/avatars/generated/generated-picture.renderer.js';
import { GlyphOutlines } from '../../src/modules/avatars/generated/glyph-outlines.js';
import { drawInitials } from '../../src/modules/avatars/generated/initials-drawing.js';
import { DecodeGate } from '../../src/modules/avatars/pipeline/decode-gate.js';
import { PICTURE_FORMATS, PICTURE_SIZES } from '../../src/modules/avatars/pipeline/picture-variant.js';
import { cornersOf, distance } from './test-pictures.js';

const colour = '#2a6f4e';
const renderer = new GeneratedPictureRenderer(new DecodeGate(2, { upload: 1000, variant: 1000 }));
const outlines = new GlyphOutlines(new FontCatalogue());
const svgOf = (initials: string): Promise<string> => drawInitials({ initials, colour }, outlines);

/** The box of what is not background, as fractions of the side, and how much of the square it covers. */
async function inkOf(initials: string): Promise<{ left: number; right: number; top: number; bottom: number; share: number }> {
  const png = await renderer.render({ initials, colour }, { size: 128, format: 'png' });
  const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
  const ink = [...data.keys()].filter((at) => at % info.channels === 0 && data[at]! > 180).map((at) => at / info.channels);
  const [xs, ys] = [ink.map((at) => (at % 128) / 128), ink.map((at) => Math.floor(at / 128) / 128)];
  return { left: Math.min(...xs), right: Math.max(...xs), top: Math.min(...ys), bottom: Math.max(...ys), share: ink.length / (128 * 128) };
}

describe('generated pictures', () => {
  it.each([
    ['Latin', 'AL'], ['Latin with marks', 'ÅÖ'], ['Cyrillic', 'ЖЮ'], ['Greek', 'ΑΩ'], ['Arabic', 'م'], ['Hebrew', 'שא'], ['Devanagari', 'क्षि'],
    ['Thai', 'กำ'], ['Chinese', '王小'], ['Japanese', 'ヤあ'], ['Korean', '김하'], ['emoji', '😀'], ['a family', '👩‍👩‍👧‍👦'], ['a flag', '🇩🇪'], ['digits', '42'],
    ['narrow letters', 'l'], ['wide letters', 'WW'], ['stacked marks', 'Z̗͓͇̤'],
  ])('draws %s as letters, centred and inside the square', async (_script, initials) => {
    expect(await svgOf(initials)).not.toBe(await svgOf('•'));
    const ink = await inkOf(initials);
    expect(ink.share).toBeGreaterThan(0.01);
    expect(Math.min(ink.left, ink.top, 1 - ink.right, 1 - ink.bottom)).toBeGreaterThan(0.1);
    expect(Math.abs(ink.left + ink.right - 1)).toBeLessThan(0.05);
    expect(Math.abs(ink.top + ink.bottom - 1)).toBeLessThan(0.05);
  });

  it.each([['nothing', ''], ['a neutral mark', '•'], ['runes', 'ᚠ'], ['hieroglyphs', '𓀀'], ['a private character', '\ue000'], ['a lone surrogate', '\ud83d'], ['NUL', '\0']])(
    'draws a silhouette for %s, never nothing',
    async (_name, initials) => {
      expect(await svgOf(initials)).toBe(await svgOf('•'));
      expect((await inkOf(initials)).share).toBeGreaterThan(0.1);
    },
  );

  it('draws the letter that it can when it cannot draw the other', async () => {
    expect(await svgOf('Aᚠ')).toBe(await svgOf('A'));
  });

  it('stands Hebrew letters from right to left', async () => {
    expect(await svgOf('שא')).not.toBe(await svgOf('אש'));
    const [first] = (await svgOf('שא')).match(/ d="[^"]+"/g) ?? [];
    expect(first).toBe((await svgOf('א')).match(/ d="[^"]+"/g)?.[0]);
  });

  it('puts nothing of a name into the SVG but outlines', async () => {
    for (const initials of ['<"', '&#', '"><script>', "']]>"]) expect(await svgOf(initials)).toMatch(/^<svg [^<>]*>(?:<\/?(?:rect|g|path)[^<>]*>)+<\/svg>$/);
    await expect(drawInitials({ initials: 'A', colour: '"/><script>' }, outlines)).rejects.toThrow(TypeError);
  });

  it.each(PICTURE_FORMATS)('comes in every size as %s, on the colour it was given', async (format) => {
    for (const size of PICTURE_SIZES) {
      const bytes = await renderer.render({ initials: 'l', colour }, { size, format });
      expect(await sharp(bytes).metadata()).toMatchObject({ width: size, height: size, hasAlpha: false, format: format === 'avif' ? 'heif' : format });
      for (const corner of await cornersOf(bytes)) expect(distance([0x2a, 0x6f, 0x4e], corner)).toBeLessThanOrEqual(8);
    }
  });

  it('is the same picture each time', async () => {
    const other = new GeneratedPictureRenderer(new DecodeGate(1, { upload: 10, variant: 10 }));
    const variant = { size: 64, format: 'webp' } as const;
    expect(await other.render({ initials: 'क्षि', colour }, variant)).toEqual(await renderer.render({ initials: 'क्षि', colour }, variant));
  });

  it('keeps to the font budget of 24 MB', async () => {
    let bytes = 0;
    for (const name of FONT_PACKAGES) {
      const files = await readdir(fontFolder(name), { recursive: true, withFileTypes: true });
      for (const file of files.filter((each) => each.isFile())) bytes += (await stat(join(file.parentPath, file.name))).size;
    }
    expect(bytes).toBeLessThan(24 * 1024 * 1024);
  });
});
