import { requestInvalid } from '../../../kernel/errors/index.js';
import { frameworkError } from '../../../kernel/http/index.js';
import { LARGEST_SIZE, PICTURE_FORMATS, PICTURE_SIZES, contentTypeOf, type PictureFormat, type PictureSize, type PictureVariant } from '../pipeline/picture-variant.js';

export const DEFAULT_SIZE: PictureSize = 256;

/** A variant as a client asked for it on a stable URL. */
export interface AskedVariant extends PictureVariant {
  /** `Accept` chose the format: the answer says `Vary: Accept`. */
  readonly isNegotiated: boolean;
}

/**
 * Reads `?size=&format=` and `Accept`. Throws 400 for a size that is no positive integer or an unknown format, and 406 when
 * `Accept` takes none of ours.
 */
export function askedVariant(query: { readonly size?: unknown; readonly format?: unknown }, accept: string | undefined): AskedVariant {
  const size = sizeAsked(query.size);
  const format = query.format === undefined ? formatAccepted(accept) : formatNamed(query.format);
  if (!format) throw frameworkError('request.not_acceptable', undefined, { Vary: 'Accept' });
  return { size, format, isNegotiated: query.format === undefined };
}

const VARIANTS: ReadonlyMap<string, PictureVariant> = new Map(PICTURE_SIZES.flatMap((size) => PICTURE_FORMATS.map((format) => [`${size}.${format}`, { size, format }])));

/** `256.webp`, exactly as our own URLs say it; null for anything else. */
export const variantOfFileName = (name: string): PictureVariant | null => VARIANTS.get(name) ?? null;

function sizeAsked(value: unknown): PictureSize {
  if (value === undefined) return DEFAULT_SIZE;
  if (typeof value !== 'string' || !/^\d+$/.test(value) || /^0+$/.test(value)) {
    throw requestInvalid([{ field: 'size', code: 'is_positive_integer', message: 'size must be a positive integer' }]);
  }
  return PICTURE_SIZES.find((size) => size >= Number(value)) ?? LARGEST_SIZE;
}

function formatNamed(value: unknown): PictureFormat {
  const format = PICTURE_FORMATS.find((each) => each === value);
  if (!format) throw requestInvalid([{ field: 'format', code: 'is_enum', message: `format must be one of ${PICTURE_FORMATS.join(', ')}` }]);
  return format;
}

interface MediaRange {
  readonly range: string;
  readonly quality: number;
}

/**
 * RFC 9110 §12.5.1: the most specific range decides each format's quality. Among the best, one that is named goes before
 * one that a wildcard lets in, then our own order. Undefined when nothing is acceptable.
 */
export function formatAccepted(accept: string | undefined): PictureFormat | undefined {
  if (accept === undefined || accept.trim() === '') return PICTURE_FORMATS[0];
  const ranges = accept.split(',').map(mediaRange);
  const candidates = PICTURE_FORMATS.map((format) => ({ format, ...preference(contentTypeOf(format), ranges) })).filter(({ quality }) => quality > 0);
  candidates.sort((one, other) => other.quality - one.quality || other.specificity - one.specificity);
  return candidates[0]?.format;
}

function preference(type: string, ranges: readonly MediaRange[]): { quality: number; specificity: number } {
  for (const [specificity, pattern] of [[2, type], [1, 'image/*'], [0, '*/*']] as const) {
    const found = ranges.find(({ range }) => range === pattern);
    if (found) return { quality: found.quality, specificity };
  }
  return { quality: 0, specificity: 0 };
}

function mediaRange(part: string): MediaRange {
  const [range = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase());
  const weight = parameters.find((each) => /^q\s*=/.test(each))?.replace(/^q\s*=\s*/, '');
  return { range, quality: weight === undefined ? 1 : /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(weight) ? Number(weight) : 0 };
}
