const WEAK = /(^|,\s*)W\/(?=")/g;

/**
 * `If-Match` compares strongly (RFC 9110 §13.1.1), so a weak tag never matches. The service sends strong ones only: a `W/` was put
 * there by a proxy that compressed the answer, such as nginx with gzip, and the tag within still names the version.
 */
export const strongTags = (ifMatch: string): string => ifMatch.replace(WEAK, '$1');
