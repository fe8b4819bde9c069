import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** One font package; `lightStroke` thickens fonts whose outlines are their thinnest instance (fontkit cannot vary WOFF2). */
interface FontPackage {
  readonly name: string;
  /** Stroke around the outlines, as a fraction of the em. */
  readonly stroke: number;
}

/** A file that holds some of a font's characters. */
export interface FontSlice extends FontPackage {
  /** Absolute path of a WOFF2 file. */
  readonly file: string;
}

interface SliceRanges {
  readonly slice: FontSlice;
  readonly ranges: readonly (readonly [first: number, last: number])[];
}

const REGULAR = 0.014;
const THIN = 0.062;

/**
 * The font budget: these packages together are 17 MB installed, and must stay below 24 MB (a test says so). One picture
 * opens one or two slices of 6 to 166 kB. Han characters come from the simplified Chinese font for everybody; a script that
 * is not here is drawn as a silhouette. To add one, add its package here and raise RENDERER_VERSION.
 */
const PACKAGES: readonly FontPackage[] = [
  { name: 'noto-sans', stroke: REGULAR },
  { name: 'noto-sans-arabic', stroke: REGULAR },
  { name: 'noto-sans-hebrew', stroke: THIN },
  { name: 'noto-sans-devanagari', stroke: REGULAR },
  { name: 'noto-sans-thai', stroke: REGULAR },
  { name: 'noto-sans-sc', stroke: THIN },
  { name: 'noto-sans-kr', stroke: THIN },
  { name: 'noto-emoji', stroke: 0 },
];

export const FONT_PACKAGES: readonly string[] = PACKAGES.map(({ name }) => `@fontsource-variable/${name}`);

/** The folder of an installed font package. */
export const fontFolder = (packageName: string): string => dirname(require.resolve(`${packageName}/unicode.json`));

/** Which font files hold a character, from the packages' own tables; they are read at the first question. */
export class FontCatalogue {
  private loading: Promise<readonly SliceRanges[]> | undefined;

  /** Slices that hold the code point, the preferred one first. */
  async slicesFor(codePoint: number): Promise<readonly FontSlice[]> {
    const all = await (this.loading ??= this.load());
    return all.filter(({ ranges }) => ranges.some(([first, last]) => codePoint >= first && codePoint <= last)).map(({ slice }) => slice);
  }

  private async load(): Promise<readonly SliceRanges[]> {
    try {
      return (await Promise.all(PACKAGES.map(slicesOf))).flat();
    } catch (error) {
      this.loading = undefined; // a passing failure must not blank every name until the restart
      throw error;
    }
  }
}

async function slicesOf(font: FontPackage): Promise<SliceRanges[]> {
  const folder = fontFolder(`@fontsource-variable/${font.name}`);
  const table = JSON.parse(await readFile(join(folder, 'unicode.json'), 'utf8')) as Record<string, string>;
  return Object.entries(table).map(([slice, ranges]) => ({
    slice: { ...font, file: join(folder, 'files', `${font.name}-${slice.replaceAll(/[[\]]/g, '')}-wght-normal.woff2`) },
    ranges: ranges.split(',').map(rangeOf),
  }));
}

/** `U+41` or `U+41-5A` (CSS Fonts 4 §4.5). */
function rangeOf(text: string): readonly [number, number] {
  const [first, last] = text.trim().replace(/^U\+/i, '').split('-');
  return [Number.parseInt(first!, 16), Number.parseInt(last ?? first!, 16)];
}
