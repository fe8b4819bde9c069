/** The prefix has browsers hold it to this host: Secure, the whole path, no Domain (RFC 6265bis §4.1.3.2). */
export const REFRESH_COOKIE = '__Host-likeness_refresh';

const ATTRIBUTES = 'HttpOnly; Secure; SameSite=Strict; Path=/';

export const refreshCookie = (refreshToken: string, maxAgeSeconds: number): string => `${REFRESH_COOKIE}=${refreshToken}; ${ATTRIBUTES}; Max-Age=${maxAgeSeconds}`;

export const CLEARED_REFRESH_COOKIE = `${REFRESH_COOKIE}=; ${ATTRIBUTES}; Max-Age=0`;

/** The value of the first such cookie of a `Cookie` header (RFC 6265 §5.4); undefined when there is none, or an empty one. */
export const refreshCookieOf = (header: string | undefined): string | undefined => {
  if (header === undefined) return undefined;
  for (const pair of header.split(';')) {
    const [name, ...value] = pair.split('=');
    if (name!.trim() === REFRESH_COOKIE) return value.join('=').trim().replace(/^"(.*)"$/, '$1') || undefined;
  }
  return undefined;
};
