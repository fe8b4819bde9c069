/** Whatever follows the scheme is what was presented: several words are a malformed token, not none. */
const SCHEME = /^Bearer +(?=\S)/i;
const SPACE = 0x20;

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1); undefined when there is none. Never from a URL or a body. */
export const bearerTokenOf = (header: string | undefined): string | undefined => {
  const scheme = header === undefined ? null : SCHEME.exec(header);
  if (scheme === null) return undefined;
  // Cut, not matched: a pattern that goes through all of a token costs as much as the look for it in a cache.
  let end = header!.length;
  while (header!.charCodeAt(end - 1) === SPACE) end -= 1;
  return header!.slice(scheme[0].length, end);
};
