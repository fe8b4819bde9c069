/** Whatever follows the scheme is what was presented: several words are a malformed token, not none. */
const BEARER = /^Bearer +(\S.*?) *$/i;

/** The token of an `Authorization: Bearer` header (RFC 6750 §2.1); undefined when there is none. Never from a URL or a body. */
export const bearerTokenOf = (header: string | undefined): string | undefined => (header === undefined ? undefined : BEARER.exec(header)?.[1]);
