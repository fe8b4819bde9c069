import { preconditionFailed } from '../../errors/index.js';

/** An entity tag: an opaque quoted string, after an optional weakness mark (RFC 9110 §8.8.3). */
const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/y;

/** `"value"`: the value must be of visible ASCII without quotes, as versions and digests are. */
export const strongEtag = (value: string | number): string => `"${value}"`;

/** RFC 9110 §13.1.2: weak comparison against a list, or `*` for anything that exists. */
export const matchesIfNoneMatch = (header: string | undefined, etag: string): boolean => {
  if (header === undefined) return false;
  if (header === etag) return true;
  if (header.trim() === '*') return true;
  const opaque = opaqueOf(etag);
  return parseEntityTags(header).some((candidate) => opaqueOf(candidate) === opaque);
};

/** RFC 9110 §13.1.1: strong comparison; one of the current tags must be in the list. `*` holds for anything that exists. */
export const matchesIfMatch = (header: string, etags: readonly string[]): boolean => {
  if (header.trim() === '*') return etags.length > 0;
  return parseEntityTags(header).some((candidate) => !candidate.startsWith('W/') && etags.includes(candidate));
};

/** Passes without `If-Match`, or when it names one of the current tags; else throws 412 `request.precondition_failed`. */
export const requireIfMatch = (header: string | undefined, etags: readonly string[]): void => {
  if (header !== undefined && !matchesIfMatch(header, etags)) throw preconditionFailed();
};

const opaqueOf = (etag: string): string => (etag.startsWith('W/') ? etag.slice(2) : etag);

/** The tags of a list, empty elements skipped (RFC 9110 §5.6.1.2). What follows a broken element is not believed. */
const parseEntityTags = (header: string): string[] => {
  const tags: string[] = [];
  let at = 0;
  while (at < header.length) {
    const char = header[at];
    if (char === ' ' || char === '\t' || char === ',') {
      at += 1;
      continue;
    }
    ENTITY_TAG.lastIndex = at;
    const found = ENTITY_TAG.exec(header);
    if (!found) return tags;
    tags.push(found[0]);
    at = ENTITY_TAG.lastIndex;
  }
  return tags;
};
