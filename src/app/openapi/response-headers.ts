import { CACHE_POLICIES, formsOf, type CachePolicyName } from '../../kernel/http/index.js';

type Headers = Record<string, object>;

const CACHE_CONTROL = Object.entries(CACHE_POLICIES).map(([policy, value]) => [
  `CacheControl-${policy}`,
  { required: true, description: 'Who may keep the answer (RFC 9111 §5.2).', schema: { type: 'string', const: value } },
]);

const limitList = (parameters: string): string => `^"[a-z-]+";${parameters}(, "[a-z-]+";${parameters})*$`;

const SECONDS = { type: 'string', pattern: '^[0-9]+$' };

/** Headers that responses carry: `components.headers`. */
const HEADER_COMPONENTS: Headers = {
  'X-Request-Id': { required: true, description: 'The id under which this request stands in the log.', schema: { type: 'string' }, example: '0a2f4c1e-7a52-4c59-b8ce-5d1ba5e3f0a1' },
  Vary: { description: 'What else the answer depends on: `Origin` where ALLOWED_ORIGINS is set, `Accept` where it chose the format.', schema: { type: 'string' }, example: 'Accept, Origin' },
  'Access-Control-Allow-Origin': { description: 'The origin of the page that asked, where it is one of ALLOWED_ORIGINS.', schema: { type: 'string' }, example: 'https://app.example.org' },
  ETag: { required: true, description: 'Strong: another one with every version (RFC 9110 §8.8.3).', schema: { type: 'string', pattern: '^"[^"]+"$' }, example: '"3"' },
  'WWW-Authenticate': { required: true, description: 'With `error="invalid_token"` when a token was presented (RFC 6750 §3).', schema: { type: 'string' }, example: 'Bearer error="invalid_token"' },
  'WWW-Authenticate-scope': { description: 'To an API key: the scope that it would need (RFC 6750 §3.1); without one no key will do.', schema: { type: 'string' }, example: 'Bearer error="insufficient_scope", scope="users:read"' },
  'Retry-After': { required: true, description: 'After how many seconds to try again.', schema: SECONDS, example: '1' },
  'Retry-After-optional': { description: 'With `idempotency.in_flight`: after how many seconds to try again.', schema: SECONDS, example: '1' },
  RateLimit: {
    description: 'What is left of each limit that counted this request, and in how many seconds its window ends (draft-ietf-httpapi-ratelimit-headers). Absent where none did, as with `RATE_LIMITS=off`.',
    schema: { type: 'string', pattern: limitList('r=[0-9]+;t=[0-9]+') },
    example: '"login-account";r=9;t=900, "login-address";r=299;t=900',
  },
  'RateLimit-Policy': {
    description: 'Those limits: how many (`q`) in how many seconds (`w`).',
    schema: { type: 'string', pattern: limitList('q=[0-9]+;w=[0-9]+') },
    example: '"login-account";q=10;w=900, "login-address";q=300;w=900',
  },
  'Idempotency-Replayed': { description: 'This is the answer that an earlier request with this `Idempotency-Key` was given.', schema: { type: 'string', const: 'true' } },
  'Accept-Ranges': { description: 'Ranges of bytes may be asked for.', schema: { type: 'string', const: 'bytes' } },
  Accept: { description: 'With `avatar.unsupported_type`: the types that are taken (RFC 9110 §12.5.1).', schema: { type: 'string' }, example: 'image/jpeg, image/png, image/webp, image/gif, image/avif' },
  'Accept-Encoding': { description: 'Where the body came with a `Content-Encoding`: none is taken (RFC 9110 §12.5.3).', schema: { type: 'string' }, example: 'identity' },
  'Content-Range-unsatisfied': { required: true, description: 'How long the picture is (RFC 9110 §14.4).', schema: { type: 'string', pattern: '^bytes \\*/[0-9]+$' }, example: 'bytes */4213' },
  ...(Object.fromEntries(CACHE_CONTROL) as Headers),
};

export const headerRef = (name: string): { $ref: string } => ({ $ref: `#/components/headers/${name}` });

/** Those that `paths` or `responses` refer to: none stands there unused. */
export const headerComponents = (users: object): Headers => {
  const text = JSON.stringify(users);
  return Object.fromEntries(Object.entries(HEADER_COMPONENTS).filter(([name]) => text.includes(`"${headerRef(name).$ref}"`)));
};

/** What may be kept by everybody, or where access is private by the caller's own browser alone. */
const eitherForm = (policy: CachePolicyName): object => ({
  required: true,
  description: 'Who may keep the answer (RFC 9111 §5.2); `private` where AVATAR_ACCESS says so.',
  schema: { type: 'string', enum: formsOf(policy).map((form) => CACHE_POLICIES[form]) },
});

/** What every response has. `isGated`: the route is public or not, as the installation is set up. */
export const commonHeaders = (policy: CachePolicyName, isGated = false): Headers => ({
  'Cache-Control': isGated ? eitherForm(policy) : headerRef(`CacheControl-${policy}`),
  'X-Request-Id': headerRef('X-Request-Id'),
  Vary: headerRef('Vary'),
  'Access-Control-Allow-Origin': headerRef('Access-Control-Allow-Origin'),
});

export const limitHeaders = (): Headers => ({ RateLimit: headerRef('RateLimit'), 'RateLimit-Policy': headerRef('RateLimit-Policy') });

const HEADERS_BY_STATUS: Readonly<Record<number, Headers>> = {
  401: { 'WWW-Authenticate': headerRef('WWW-Authenticate') },
  416: { 'Content-Range': headerRef('Content-Range-unsatisfied'), 'Accept-Ranges': headerRef('Accept-Ranges') },
  429: { 'Retry-After': headerRef('Retry-After') },
  503: { 'Retry-After': headerRef('Retry-After') },
};

const HEADERS_BY_CODE: Readonly<Record<string, Headers>> = {
  'auth.insufficient_scope': { 'WWW-Authenticate': headerRef('WWW-Authenticate-scope') },
  'request.unsupported_media_type': { 'Accept-Encoding': headerRef('Accept-Encoding') },
  'avatar.unsupported_type': { Accept: headerRef('Accept') },
  'idempotency.in_flight': { 'Retry-After': headerRef('Retry-After-optional') },
};

/** What errors of this status, with these codes, have besides. */
export const problemHeaders = (status: number, codes: readonly string[]): Headers =>
  Object.assign({}, HEADERS_BY_STATUS[status], ...codes.map((code) => HEADERS_BY_CODE[code] ?? {})) as Headers;
