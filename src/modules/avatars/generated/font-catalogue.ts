import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const require = createRequire(import.meta.url);

/** One font package; `stroke` thickens fonts whose outlines are their thinnest instance (fontkit cannot vary WOFF2). */
interface FontPackage {
  readonly name: string;
  /** Stroke around the outlines, as a fraction of the em. */
  readonly stroke: number;
  /** Packages of fonts with one weight are in another scope, and name their files by it. */
  readonly isVariable: boolean;
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

const variable = (stroke: number, names: readonly string[]): FontPackage[] => names.map((name) => ({ name, stroke, isVariable: true }));
const ofOneWeight = (names: readonly string[]): FontPackage[] => names.map((name) => ({ name: `noto-sans-${name}`, stroke: REGULAR, isVariable: false }));
const scripts = (names: readonly string[]): string[] => names.map((name) => `noto-sans-${name}`);

/**
 * The font budget is 40 MB installed; a test holds the packages to it. They cover every script that people write a living language in (the recommended and
 * the limited-use scripts of Unicode, UAX #31 tables 5 and 7), as far as Noto is published for npm: not Batak, Chakma, Mandaic, Nyiakeng Puachue Hmong and
 * Wancho. Characters of other scripts are drawn as a silhouette. Two fonts make up half of the bytes, those of Han characters: simplified Chinese for
 * everybody, and Japanese for what that one lacks. One picture opens one or two slices of 4 to 170 kB; nothing is read before the first picture.
 *
 * Where two packages have a character, the first is used. When you add one, raise RENDERER_VERSION.
 */
const PACKAGES: readonly FontPackage[] = [
  ...variable(REGULAR, ['noto-sans', 'noto-sans-arabic']),
  ...variable(THIN, ['noto-sans-hebrew']),
  ...variable(REGULAR, scripts(['devanagari', 'thai'])),
  ...variable(THIN, scripts(['sc', 'kr'])),
  ...variable(0, ['noto-emoji']),
  ...variable(REGULAR, scripts(['armenian', 'bengali', 'ethiopic', 'georgian', 'gujarati', 'gurmukhi', 'kannada', 'khmer', 'lao', 'malayalam', 'oriya', 'sinhala', 'tamil', 'telugu', 'thaana'])),
  ...variable(REGULAR, ['noto-serif-tibetan']),
  ...variable(REGULAR, scripts(['adlam', 'balinese', 'bamum', 'canadian-aboriginal', 'cham', 'cherokee', 'hanifi-rohingya', 'javanese', 'kayah-li', 'lisu'])),
  ...variable(REGULAR, scripts(['meetei-mayek', 'new-tai-lue', 'ol-chiki', 'sundanese', 'syriac', 'tai-tham'])),
  ...ofOneWeight(['myanmar', 'lepcha', 'limbu', 'miao', 'mongolian', 'newa', 'nko', 'osage', 'saurashtra', 'syloti-nagri', 'tai-le', 'tai-viet', 'tifinagh', 'vai', 'yi']),
  ...variable(THIN, scripts(['jp'])),
];

const packageNameOf = ({ name, isVariable }: FontPackage): string => `${isVariable ? '@fontsource-variable' : '@fontsource'}/${name}`;

export const FONT_PACKAGES: readonly string[] = PACKAGES.map(packageNameOf);

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
  const folder = fontFolder(packageNameOf(font));
  const table = JSON.parse(await readFile(join(folder, 'unicode.json'), 'utf8')) as Record<string, string>;
  const kind = font.isVariable ? 'wght' : '400';
  return Object.entries(table).map(([slice, ranges]) => ({
    slice: { ...font, file: join(folder, 'files', `${font.name}-${slice.replaceAll(/[[\]]/g, '')}-${kind}-normal.woff2`) },
    ranges: ranges.split(',').map(rangeOf),
  }));
}

/** `U+41` or `U+41-5A` (CSS Fonts 4 §4.5). */
function rangeOf(text: string): readonly [number, number] {
  const [first, last] = text.trim().replace(/^U\+/i, '').split('-');
  return [Number.parseInt(first!, 16), Number.parseInt(last ?? first!, 16)];
}
