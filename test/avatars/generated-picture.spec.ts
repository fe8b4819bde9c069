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
import { initialsOf } from '../../src/modules/users/picture-name.js';
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

/** Every script that people write a living language in, as far as Noto is published for npm. */
const NAMES: readonly (readonly [script: string, name: string, initials: string])[] = [
  ['Adlam', '𞤀𞤥𞤢𞤣𞤵', '𞤀'], ['Arabic', 'محمد علي', 'م'], ['Armenian', 'Արամ Խաչատրյան', 'ԱԽ'], ['Balinese', 'ᬅᬓ ᬩᬮᬶ', 'ᬅᬩ'], ['Bamum', 'ꚠꚡ ꚢ', 'ꚠꚢ'], ['Bengali', 'রবীন্দ্রনাথ ঠাকুর', 'রঠা'],
  ['Bopomofo', 'ㄅㄆ ㄇ', 'ㄅㄇ'], ['Canadian syllabics', 'ᐃᓄᒃ ᑕᓂ', 'ᐃᑕ'], ['Cham', 'ꨌꩌ ꨆ', 'ꨌꩌꨆ'], ['Cherokee', 'ᏎᏉᏯ ᎠᏂ', 'ᏎᎠ'], ['Chinese', '王 小', '王小'], ['Chinese, rare', '𠮷野 家', '𠮷家'],
  ['Cyrillic', 'Ёлка Їжак', 'ЁЇ'], ['Devanagari', 'श्री क्षितिज', 'श्रीक्षि'], ['Ethiopic', 'ኃይለ ሥላሴ', 'ኃሥ'], ['Georgian', 'ნინო ჩხეიძე', 'ნჩ'], ['Greek', 'Άννα Ὀδυσσεύς', 'ΆὈ'], ['Greek without capitals', 'ᾳδης ΐος', 'ᾼΐ'],
  ['Gujarati', 'મોહનદાસ ગાંધી', 'મોગાં'], ['Gurmukhi', 'ਗੁਰੂ ਨਾਨਕ', 'ਗੁਨਾ'], ['Hangul', '김 하늘', '김하'], ['Hanifi Rohingya', '𐴀𐴞𐴕𐴐', '𐴀'], ['Hebrew', 'דוד לוי', 'דל'], ['Hiragana', 'さくら 花', 'さ花'],
  ['Javanese', 'ꦗꦮ ꦏ', 'ꦗꦏ'], ['Kannada', 'ಕುವೆಂಪು ಕ', 'ಕುಕ'], ['Katakana', 'ヤマダ タロウ', 'ヤタ'], ['Kayah Li', 'ꤊꤢ ꤋ', 'ꤊꤋ'], ['Khmer', 'ស្រី ខ្មែរ', 'ស្រីខ្មែ'], ['Lao', 'ສົມ ໃຈ', 'ສົໃ'], ['Lepcha', 'ᰛᰩᰵ ᰀ', 'ᰛᰩᰵᰀ'],
  ['Limbu', 'ᤕᤰ ᤌ', 'ᤕᤰᤌ'], ['Lisu', 'ꓡꓲ ꓢ', 'ꓡꓢ'], ['Malayalam', 'ശ്രീ മോഹൻ', 'ശ്രീമോ'], ['Meetei Mayek', 'ꯃꯤ ꯂ', 'ꯃꯤꯂ'], ['Miao', '𖼀𖽡 𖼴', '𖼀𖽡𖼴'], ['Mongolian', 'ᠴᠢᠩᠭᠢᠰ ᠬᠠᠨ', 'ᠴ'], ['Myanmar', 'အောင် ကြည်', 'အေကြ'],
  ['New Tai Lue', 'ᦂᦱ ᦙ', 'ᦂᦙ'], ['Newa', '𑐣𑐾 𑐥', '𑐣𑐾𑐥'], ['NKo', 'ߞߊ߲ߕߍ', 'ߞ'], ['Ol Chiki', 'ᱥᱟ ᱚ', 'ᱥᱚ'], ['Oriya', 'ଶ୍ରୀ ଜଗନ୍ନାଥ', 'ଶ୍ରୀଜ'], ['Osage', '𐓏𐓘 𐓛', '𐓏𐓛'.toUpperCase()], ['Saurashtra', 'ꢱꣃ ꢡ', 'ꢱꣃꢡ'],
  ['Sinhala', 'සිරි ලාල්', 'සිලා'], ['Sundanese', 'ᮞᮥᮔ᮪ ᮓ', 'ᮞᮥᮓ'], ['Syloti Nagri', 'ꠍꠤ ꠟ', 'ꠍꠤꠟ'], ['Syriac', 'ܐܦܪܝܡ', 'ܐ'], ['Tai Le', 'ᥖᥭ ᥘ', 'ᥖᥘ'], ['Tai Tham', 'ᨠᩣ ᨵ', 'ᨠᨵ'], ['Tai Viet', 'ꪼꪕ ꪒ', 'ꪼꪒ'],
  ['Tamil', 'சுப்பிரமணிய பாரதி', 'சுபா'], ['Telugu', 'శ్రీ వేమన', 'శ్రీవే'], ['Thaana', 'އަހުމަދު މޫސާ', 'އަމޫ'], ['Thai', 'สมชาย ใจดี', 'สใ'], ['Tibetan', 'བསྟན་འཛིན རྒྱ་མཚོ', 'བརྒྱ'], ['Tifinagh', 'ⵉⴷⵉⵔ ⵎⴰⵙⵙ', 'ⵉⵎ'], ['Vai', 'ꕙꔤ ꗏ', 'ꕙꗏ'], ['Yi', 'ꆈꌠ ꁱ', 'ꆈꁱ'],
  ['Latin of Yoruba', 'Ẹ́niọlá Ọlá', 'Ẹ́Ọ'], ['mathematical letters', '𝓐𝓭𝓪 𝕭ob', '𝓐𝕭'], ['full-width letters', 'Ａda Ｂob', 'ＡＢ'],
];

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

  it.each(NAMES)('draws a name in %s by letters: %s', async (_script, name, initials) => {
    expect(initialsOf(name, 'x')).toBe(initials);
    const letters = [...new Intl.Segmenter('und', { granularity: 'grapheme' }).segment(initials)].map(({ segment }) => segment);
    const [both, ...each] = await Promise.all([initials, ...letters].map(svgOf));
    for (const one of each) expect(one).not.toBe(await svgOf('•'));
    if (each.length === 2) expect(each).not.toContain(both); // neither is left out
  });

  it('draws every Greek letter with its marks', async () => {
    const codes = [...Array.from({ length: 0x90 }, (_, index) => 0x370 + index), ...Array.from({ length: 0x100 }, (_, index) => 0x1f00 + index)];
    const marked = codes.map((code) => String.fromCodePoint(code)).filter((letter) => /\p{L}/u.test(letter) && letter.normalize('NFD').length > 1);
    expect(marked.length).toBeGreaterThan(220);
    const without: string[] = [];
    for (const letter of marked) {
      const bare = letter.normalize('NFD')[0]!;
      const [drawn, ...bareOnes] = await Promise.all([initialsOf(letter, 'x'), bare, bare.toUpperCase()].map(svgOf));
      if (bareOnes.includes(drawn!)) without.push(letter);
    }
    expect(without).toEqual([]);
  });

  it('draws a letter the same whatever was drawn before it', async () => {
    const alone = await svgOf('ગાં');
    const other = new GlyphOutlines(new FontCatalogue());
    await drawInitials({ initials: 'મો', colour }, other);
    expect(await drawInitials({ initials: 'ગાં', colour }, other)).toBe(alone);
  });

  it('draws marks where the letter has them, or leaves them out', async () => {
    expect(await svgOf('\u0a82')).toBe(await svgOf('•')); // a mark without a letter, not a dotted circle
    expect(await svgOf('ကြ')).toBe(await svgOf('က')); // fontkit has no shaper for Myanmar
    for (const syllable of ['శ్రీ', 'ਗੁ']) expect(await svgOf(syllable)).not.toBe(await svgOf(syllable[0]!)); // fontkit fails at their positions
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

  it('keeps to the font budget of 40 MB', async () => {
    let bytes = 0;
    for (const name of FONT_PACKAGES) {
      const files = await readdir(fontFolder(name), { recursive: true, withFileTypes: true });
      for (const file of files.filter((each) => each.isFile())) bytes += (await stat(join(file.parentPath, file.name))).size;
    }
    expect(bytes).toBeLessThan(40_000_000);
  });
});
