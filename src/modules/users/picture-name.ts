import { createHash } from 'node:crypto';

/** Raise when the bytes made from an uploaded picture change for the same source and crop: every URL and ETag changes with it. */
export const PIPELINE_VERSION = 3;
/** Raise when a generated picture is drawn differently for the same initials and colour. */
export const RENDERER_VERSION = 2;

/** What a generated picture shows. */
export interface GeneratedRecipe {
  /** One or two graphemes, never blank. */
  readonly initials: string;
  /** `#rrggbb`, dark enough for white letters (WCAG 2.2 §1.4.3: 4.5:1). */
  readonly colour: string;
}

export interface PictureKeys {
  /** 64 hex digits of the uploaded picture; null when there is none. */
  readonly pictureKey: string | null;
  /** The same of the picture that the operator gives to those who have none; null: the generated one. */
  readonly defaultKey: string | null;
  /** 32 hex digits of the generated one. */
  readonly generatedKey: string;
}

export interface ParsedDigest {
  readonly kind: 'uploaded' | 'generated';
  /** The pipeline's or the renderer's version that made the bytes. */
  readonly version: number;
  readonly key: string;
}

const DIGEST = /^(?:u([1-9][0-9]{0,5})-([0-9a-f]{64})|g([1-9][0-9]{0,5})-([0-9a-f]{32}))$/;
/** Nothing legible is longer; bounds what stacked combining marks can do to the renderer. */
const MAX_CODE_POINTS_PER_INITIAL = 16;
const NEUTRAL_MARK = '•';

const graphemes = new Intl.Segmenter('und', { granularity: 'grapheme' });

/** The name of the bytes that a user is shown with now. It changes whenever they do. */
export function digestOf({ pictureKey, defaultKey, generatedKey }: PictureKeys): string {
  const key = pictureKey ?? defaultKey;
  return key === null ? `g${RENDERER_VERSION}-${generatedKey}` : `u${PIPELINE_VERSION}-${key}`;
}

/** Null for anything that `digestOf` could never have said. */
export function parseDigest(digest: string): ParsedDigest | null {
  const match = DIGEST.exec(digest);
  if (!match) return null;
  return match[2] === undefined
    ? { kind: 'generated', version: Number(match[3]), key: match[4]! }
    : { kind: 'uploaded', version: Number(match[1]), key: match[2] };
}

export const generatedKeyOf = (recipe: GeneratedRecipe): string =>
  createHash('sha256').update(`${recipe.initials}\u0000${recipe.colour}`, 'utf8').digest('hex').slice(0, 32);

export const recipeOf = (user: { readonly id: string; readonly username: string; readonly displayName: string | null }): GeneratedRecipe => ({
  initials: initialsOf(user.displayName, user.username),
  colour: colourOf(user.id),
});

/**
 * The first letter, digit or emoji of the first word and of the last one, as whole graphemes; of the username when the
 * display name has none; a neutral mark when that has none either.
 */
export function initialsOf(displayName: string | null, username: string): string {
  return initialsIn(displayName ?? '') || initialsIn(username).slice(0, 1) || NEUTRAL_MARK;
}

function initialsIn(name: string): string {
  const found = name.normalize('NFC').split(/[\s\p{Z}]+/u).map(initialOfWord).filter((initial) => initial !== '');
  const [first = '', last = ''] = [found[0], found.length > 1 ? found.at(-1) : ''];
  // Letters of these scripts join: two initials side by side would read as a word that is nobody's name.
  return /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\p{Script=Adlam}\p{Script=Hanifi_Rohingya}\p{Script=Mandaic}]/u.test(first) ? first : first + last;
}

/** Modifier letters are mostly apostrophes and the like (`ʻOkina`): they stand only for words that have nothing else. */
const LETTERS = [/[\p{Lu}\p{Ll}\p{Lt}\p{Lo}\p{N}\p{Extended_Pictographic}\p{Regional_Indicator}]/u, /\p{Lm}/u];

function initialOfWord(word: string): string {
  for (const letter of LETTERS) {
    for (const { segment } of graphemes.segment(word)) {
      if (letter.test(segment)) return capital([...segment].slice(0, MAX_CODE_POINTS_PER_INITIAL).join(''));
    }
  }
  return '';
}

/** The letter is capitalised, and its marks stay: `ᾳ` becomes `ᾼ`, where `toUpperCase` makes two letters of it. */
function capital(grapheme: string): string {
  // Georgian capitals (Mtavruli) are for all-caps text only, and few fonts have them.
  if (/\p{Script=Georgian}/u.test(grapheme)) return grapheme;
  const [letter = '', ...marks] = grapheme.normalize('NFD');
  const upper = (letter.toUpperCase() + marks.join('')).normalize('NFC');
  // `ΐ` has no capital in one piece, which a font could draw with its marks.
  if (marks.length > 0 && [...upper].length > [...grapheme].length) return grapheme;
  // `ß` becomes `SS`, `ﬁ` becomes `FI`, `ŉ` becomes `ʼN`: one grapheme is wanted, and a letter.
  const segments = [...graphemes.segment(upper)].map(({ segment }) => segment);
  return segments.find((segment) => /\p{Lu}/u.test(segment)) ?? segments[0]!;
}

/** The user's own colour: a hue from the id, as bright as white letters allow. */
export function colourOf(userId: string): string {
  const hue = createHash('sha256').update(userId, 'utf8').digest().readUInt16BE(0) % 360;
  let lightness = 0.55;
  while (contrastWithWhite(rgbOf(hue, 0.55, lightness)) < 4.5) lightness -= 0.01;
  return `#${rgbOf(hue, 0.55, lightness).map((channel) => channel.toString(16).padStart(2, '0')).join('')}`;
}

/** CSS Color 4 §7.1. */
function rgbOf(hue: number, saturation: number, lightness: number): [number, number, number] {
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (offset: number): number => {
    const turn = (offset + hue / 30) % 12;
    return Math.round(255 * (lightness - reach * Math.max(-1, Math.min(turn - 3, 9 - turn, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** WCAG 2.2, relative luminance and contrast ratio. */
function contrastWithWhite(rgb: readonly number[]): number {
  const [red = 0, green = 0, blue = 0] = rgb.map((channel) => channel / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 1.05 / (0.2126 * red + 0.7152 * green + 0.0722 * blue + 0.05);
}
