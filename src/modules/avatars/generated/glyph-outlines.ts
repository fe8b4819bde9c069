import { readFile } from 'node:fs/promises';
import type * as fontkit from 'fontkit';
import { LRUCache } from 'lru-cache';
import type { FontCatalogue, FontSlice } from './font-catalogue.js';

/** One grapheme as outlines, in em: y grows upwards, the pen starts at 0. */
export interface Outline {
  /** SVG path data per glyph, in font units, with where it stands. */
  readonly glyphs: readonly { readonly path: string; readonly x: number; readonly y: number }[];
  readonly unitsPerEm: number;
  /** What is to be seen, in font units. */
  readonly box: { readonly minX: number; readonly minY: number; readonly maxX: number; readonly maxY: number };
  /** Stroke around the outlines, in font units. */
  readonly stroke: number;
}

/** Joiners and variation selectors: they shape, and are not seen themselves. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\p{Cf}]/u;

/** Open fonts: each some hundred kilobytes. */
const OPEN_FONTS = 12;

/** Shapes graphemes with fonts from npm packages; ligatures and marks join as the script asks. */
export class GlyphOutlines {
  private readonly fonts = new LRUCache<string, Promise<fontkit.Font>>({ max: OPEN_FONTS });

  constructor(private readonly catalogue: FontCatalogue) {}

  /** Null when no font has it. A grapheme that cannot be drawn whole is drawn without its last marks; one that only looks different (`Ａ`), by what it stands for. */
  async of(grapheme: string): Promise<Outline | null> {
    for (const text of new Set(waysToDraw(grapheme))) {
      const outline = await this.shaped(text);
      if (outline) return outline;
    }
    return null;
  }

  private async shaped(text: string): Promise<Outline | null> {
    for (const slice of await this.catalogue.slicesFor(text.codePointAt(0) ?? 0)) {
      const font = await this.open(slice);
      if ([...text].some((character) => !INVISIBLE.test(character) && !font.hasGlyphForCodePoint(character.codePointAt(0)!))) continue;
      const outline = outlineOf(font, text, slice.stroke);
      if (outline) return outline;
    }
    return null;
  }

  private open(slice: FontSlice): Promise<fontkit.Font> {
    const known = this.fonts.get(slice.file);
    if (known) return known;
    const opening = openFont(slice.file);
    opening.catch(() => this.fonts.delete(slice.file));
    this.fonts.set(slice.file, opening);
    return opening;
  }
}

/** The library is loaded with the first font: its tables are a twentieth of what a start costs (bench/README.md). */
async function openFont(file: string): Promise<fontkit.Font> {
  const [{ create }, bytes] = await Promise.all([import('fontkit'), readFile(file)]);
  return create(bytes) as fontkit.Font;
}

/** Parts of an emoji would stand side by side; fontkit has no shaper for Myanmar, whose marks would stand behind the letters that they go around. */
const WHOLE_OR_FIRST = /[\p{Extended_Pictographic}\p{Regional_Indicator}]/u;
const FIRST_ALONE = /\p{Script=Myanmar}/u;

/** Best first: whole, without its last marks, and as what its first character stands for. */
function waysToDraw(grapheme: string): string[] {
  const characters = [...grapheme];
  const first = characters[0] ?? '';
  const beginnings = characters.map((_, index) => characters.slice(0, characters.length - index).join(''));
  const ways = FIRST_ALONE.test(grapheme) ? [] : WHOLE_OR_FIRST.test(grapheme) ? [grapheme] : beginnings;
  return [...ways, first, ...first.normalize('NFKC')].filter((text) => text !== '');
}

type GlyphRun = Pick<fontkit.GlyphRun, 'glyphs'> & { readonly positions: readonly Pick<fontkit.GlyphPosition, 'xAdvance' | 'xOffset' | 'yOffset'>[] };

/** fontkit fails at some fonts' tables for marks (Telugu, Gurmukhi), which then stand where the font draws them, and cannot shape others at all (Mongolian). */
function runOf(font: fontkit.Font, text: string): GlyphRun {
  try {
    return font.layout(text);
  } catch {
    try {
      return font.layout(text, { abvm: false, blwm: false, mark: false, mkmk: false });
    } catch {
      const glyphs = font.glyphsForString(text);
      return { glyphs, positions: glyphs.map(({ advanceWidth }) => ({ xAdvance: advanceWidth, xOffset: 0, yOffset: 0 })) };
    }
  }
}

/**
 * fontkit keeps each glyph with the characters that it stood for first, and shapes by those: `ગાં` would look different behind `મો`, whose mark has a part
 * in common with it. The same initials must be the same bytes, so that each drawing begins with none.
 */
function forgetGlyphs(font: fontkit.Font): void {
  (font as unknown as { _glyphs: object })._glyphs = {};
}

/** Shapers put it where a mark has no letter to stand on. */
const DOTTED_CIRCLE = 0x25cc;

function outlineOf(font: fontkit.Font, text: string, stroke: number): Outline | null {
  forgetGlyphs(font);
  const run = runOf(font, text);
  const box = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  const glyphs: { path: string; x: number; y: number }[] = [];
  let pen = 0;
  for (const [index, glyph] of run.glyphs.entries()) {
    const { xAdvance, xOffset, yOffset } = run.positions[index]!;
    if (glyph.id === 0 || glyph.codePoints.includes(DOTTED_CIRCLE)) return null;
    const { bbox } = glyph.path;
    if (Number.isFinite(bbox.minX) && bbox.maxX > bbox.minX) {
      const [x, y] = [pen + xOffset, yOffset];
      glyphs.push({ path: glyph.path.toSVG(), x, y });
      box.minX = Math.min(box.minX, x + bbox.minX);
      box.maxX = Math.max(box.maxX, x + bbox.maxX);
      box.minY = Math.min(box.minY, y + bbox.minY);
      box.maxY = Math.max(box.maxY, y + bbox.maxY);
    }
    pen += xAdvance;
  }
  return glyphs.length === 0 ? null : { glyphs, unitsPerEm: font.unitsPerEm, box, stroke: stroke * font.unitsPerEm };
}
