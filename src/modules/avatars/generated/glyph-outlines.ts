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

  /** Null when no font has it. A grapheme that cannot be drawn whole is drawn by its first character. */
  async of(grapheme: string): Promise<Outline | null> {
    return (await this.shaped(grapheme)) ?? (await this.shaped(String.fromCodePoint(grapheme.codePointAt(0) ?? 0)));
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

function outlineOf(font: fontkit.Font, text: string, stroke: number): Outline | null {
  const run = font.layout(text);
  const box = { minX: Infinity, minY: Infinity, maxX: -Infinity, maxY: -Infinity };
  const glyphs: { path: string; x: number; y: number }[] = [];
  let pen = 0;
  for (const [index, glyph] of run.glyphs.entries()) {
    const { xAdvance, xOffset, yOffset } = run.positions[index]!;
    if (glyph.id === 0) return null;
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
