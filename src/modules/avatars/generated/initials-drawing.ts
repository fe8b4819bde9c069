import type { GlyphOutlines, Outline } from './glyph-outlines.js';

/** The drawing's side in its own units. */
const SIDE = 512;
/** Letters stand in this square at the centre, in fractions of the side. */
const MAX_WIDTH = 0.66;
const MAX_HEIGHT = 0.5;
/** The size of letters when they fit, and the gap between two, in fractions of the side. */
const EM = 0.44;
const GAP = 0.03;

/** What `initialsOf` gives for a name without letters. */
const NEUTRAL_MARK = '•';

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });
const RIGHT_TO_LEFT = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}\p{Script=Mandaic}]/u;

/** Head and shoulders: for names in scripts that no font of ours has. Never blank. */
const SILHOUETTE = '<path d="M256 120a84 84 0 1 1 0 168a84 84 0 1 1 0-168zM96 452c0-88 72-136 160-136s160 48 160 136z"/>';

export interface DrawnInitials {
  readonly initials: string;
  /** `#rrggbb`, dark enough for white letters. */
  readonly colour: string;
}

/** The generated picture as SVG: white letters, as outlines, on the user's own colour. Needs no font where it is shown. */
export async function drawInitials(drawn: DrawnInitials, outlines: GlyphOutlines): Promise<string> {
  const { colour } = drawn;
  if (!/^#[0-9a-f]{6}$/.test(colour)) throw new TypeError('colour must be #rrggbb');
  const shapes = await shapesOf(drawn.initials, outlines);
  const figure = shapes.length === 0 ? SILHOUETTE : lettersOf(shapes);
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${SIDE} ${SIDE}" width="${SIDE}" height="${SIDE}">` +
    `<rect width="${SIDE}" height="${SIDE}" fill="${colour}"/><g fill="#fff" stroke="#fff" stroke-width="0" stroke-linejoin="round">${figure}</g></svg>`
  );
}

async function shapesOf(initials: string, outlines: GlyphOutlines): Promise<Outline[]> {
  if (initials === NEUTRAL_MARK) return [];
  const letters = [...graphemes.segment(initials)].map(({ segment }) => segment).slice(0, 2);
  const shapes = (await Promise.all(letters.map((letter) => outlines.of(letter)))).filter((shape) => shape !== null);
  return RIGHT_TO_LEFT.test(letters[0] ?? '') ? shapes.reverse() : shapes;
}

/** Side by side, on one base line, centred by what is to be seen. */
function lettersOf(shapes: readonly Outline[]): string {
  const em = SIDE * EM;
  const placed = shapes.map((shape) => ({ shape, scale: em / shape.unitsPerEm }));
  const width = placed.reduce((sum, { shape, scale }) => sum + (shape.box.maxX - shape.box.minX) * scale, GAP * SIDE * (shapes.length - 1));
  const top = Math.max(...placed.map(({ shape, scale }) => shape.box.maxY * scale));
  const bottom = Math.min(...placed.map(({ shape, scale }) => shape.box.minY * scale));
  // A letter that is small in its em (a katakana dot, a comma-like mark) may grow somewhat; none grows out of the square.
  const fit = Math.min((SIDE * MAX_WIDTH) / width, (SIDE * MAX_HEIGHT) / (top - bottom), 1.25);
  let left = SIDE / 2 - (width * fit) / 2;
  const baseline = SIDE / 2 + ((top + bottom) / 2) * fit;
  return placed.map(({ shape, scale }) => {
    const factor = scale * fit;
    const drawn = shape.glyphs
      .map(({ path, x, y }) => glyphAt(path, left + (x - shape.box.minX) * factor, baseline - y * factor, factor, shape.stroke))
      .join('');
    left += (shape.box.maxX - shape.box.minX) * factor + GAP * SIDE * fit;
    return drawn;
  }).join('');
}

const rounded = (value: number): string => String(Math.round(value * 10_000) / 10_000);

const glyphAt = (path: string, x: number, y: number, factor: number, stroke: number): string =>
  `<path transform="matrix(${rounded(factor)} 0 0 ${rounded(-factor)} ${rounded(x)} ${rounded(y)})" stroke-width="${rounded(stroke)}" d="${path}"/>`;
