import { LARGEST_SIZE, PICTURE_FORMATS, PICTURE_SIZES, type PictureFormat, type PictureVariant } from '../pipeline/picture-variant.js';

/** What is drawn for an address that nobody may be found by. `monsterid` stands for all sets of creatures. */
export const DEFAULT_KINDS = ['mp', 'identicon', 'monsterid', 'retro', 'blank', 'initials'] as const;
export type DefaultKind = (typeof DEFAULT_KINDS)[number];

export type GravatarDefault =
  | { readonly kind: 'drawn'; readonly drawing: DefaultKind; readonly name: string | null }
  | { readonly kind: 'absent' }
  | { readonly kind: 'elsewhere'; readonly url: string };

/** One request of the protocol: https://docs.gravatar.com/sdk/images/ and https://wiki.libravatar.org/api/ */
export interface GravatarRequest {
  /** 32 (MD5) or 64 (SHA-256) hex digits in lower case; null for what is no hash, and so nobody's. */
  readonly hash: string | null;
  readonly variant: PictureVariant;
  readonly fallback: GravatarDefault;
  readonly isForced: boolean;
}

type Query = Readonly<Record<string, unknown>>;

const DEFAULT_SIDE = 80;
const ALIASES: Readonly<Record<string, DefaultKind>> = { mm: 'mp', mysteryman: 'mp', wavatar: 'monsterid', robohash: 'monsterid', pagan: 'retro' };
const MAX_NAME_CHARACTERS = 100;

/** Nothing in it is ever an error: clients of the protocol expect a picture. `origins`: where `d=` may lead. */
export function gravatarRequest(segment: string, query: Query, origins: readonly string[]): GravatarRequest {
  const [name = '', extension] = segment.toLowerCase().split('.', 2);
  return {
    hash: /^(?:[0-9a-f]{32}|[0-9a-f]{64})$/.test(name) ? name : null,
    variant: { size: sizeOf(textOf(query, 's', 'size')), format: formatOf(extension) },
    fallback: fallbackOf(query, origins),
    isForced: ['y', 'yes', '1', 'true'].includes(textOf(query, 'f', 'forcedefault')?.toLowerCase() ?? ''),
  };
}

const textOf = (query: Query, ...names: string[]): string | undefined => names.map((name) => query[name]).find((value): value is string => typeof value === 'string');

function sizeOf(text: string | undefined): PictureVariant['size'] {
  const side = text !== undefined && /^\d{1,6}$/.test(text) && Number(text) > 0 ? Number(text) : DEFAULT_SIDE;
  return PICTURE_SIZES.find((size) => size >= side) ?? LARGEST_SIZE;
}

/** PNG unless the name says otherwise: programs that speak this protocol may know no newer format, and say nothing of it. */
function formatOf(extension: string | undefined): PictureFormat {
  if (extension === 'jpg') return 'jpeg';
  return PICTURE_FORMATS.find((format) => format === extension) ?? 'png';
}

function fallbackOf(query: Query, origins: readonly string[]): GravatarDefault {
  const asked = textOf(query, 'd', 'default')?.trim() ?? '';
  const word = asked.toLowerCase();
  if (word === '404') return { kind: 'absent' };
  const url = asked.includes(':') ? allowedUrl(asked, origins) : null;
  if (url !== null) return { kind: 'elsewhere', url };
  const drawing = DEFAULT_KINDS.find((kind) => kind === word) ?? (Object.hasOwn(ALIASES, word) ? ALIASES[word] : undefined) ?? 'mp';
  const name = drawing === 'initials' ? (textOf(query, 'name', 'initials')?.slice(0, MAX_NAME_CHARACTERS) ?? null) : null;
  return { kind: 'drawn', drawing, name };
}

function allowedUrl(text: string, origins: readonly string[]): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url && url.username === '' && url.password === '' && origins.includes(url.origin) ? url.href : null;
}
