/** What of a representation a `Range` asks for; first and last are both included. */
export type ByteRange = { readonly kind: 'whole' } | { readonly kind: 'part'; readonly first: number; readonly last: number } | { readonly kind: 'unsatisfiable' };

const WHOLE: ByteRange = { kind: 'whole' };
const UNSATISFIABLE: ByteRange = { kind: 'unsatisfiable' };

/** One range of bytes, `first-`, `first-last` or `-suffix` (RFC 9110 §14.1.2); digits that a number holds exactly. */
const ONE_RANGE = /^bytes=[ \t]*(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))[ \t]*$/i;

/**
 * Reads `Range` and `If-Range` for a representation of `length` bytes under a strong `etag`. What is no range of bytes, several
 * at once, or of another version, is the whole: RFC 9110 §14.2 lets a server ignore any Range, and §13.1.5 asks for it.
 */
export function byteRangeOf(range: string | undefined, ifRange: string | undefined, etag: string, length: number): ByteRange {
  // A date never holds, because no Last-Modified was ever sent; a weak tag never does, because comparison is strong.
  if (range === undefined || (ifRange !== undefined && ifRange.trim() !== etag)) return WHOLE;
  const [, from, to, suffix] = ONE_RANGE.exec(range) ?? [];
  if (suffix !== undefined) return Number(suffix) === 0 ? UNSATISFIABLE : partOf(Math.max(0, length - Number(suffix)), length - 1, length);
  if (from === undefined) return WHOLE;
  const last = to === undefined ? length - 1 : Number(to);
  if (to !== undefined && last < Number(from)) return WHOLE; // no valid range at all
  return partOf(Number(from), Math.min(last, length - 1), length);
}

const partOf = (first: number, last: number, length: number): ByteRange => (first >= length ? UNSATISFIABLE : { kind: 'part', first, last });
