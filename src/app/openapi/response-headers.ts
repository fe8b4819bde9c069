import { CACHE_POLICIES, formsOf, type CachePolicyName } from '../../kernel/http/index.js';

const CACHE_CONTROL = Object.entries(CACHE_POLICIES).map(([policy, value]) => [
  `CacheControl-${policy}`,
  { required: true, description: 'Who may keep the answer (RFC 9111 §5.2).', schema: { type: 'string', const: value } },
]);

const limitList = (parameters: string): string => `^"[a-z-]+";${parameters}(, "[a-z-]+";${parameters})*$`;

/** Headers that responses of many operations carry: `components.headers`. */
export const HEADER_COMPONENTS = {
  'X-Request-Id': { required: true, description: 'The id under which this request stands in the log.', schema: { type: 'string' } },
  ETag: { required: true, description: 'Changes with every version (RFC 9110 §8.8.3).', schema: { type: 'string' } },
  'WWW-Authenticate': { required: true, description: 'With `error="invalid_token"` when a token was presented (RFC 6750 §3).', schema: { type: 'string' } },
  'Retry-After': { required: true, description: 'After how many seconds to try again.', schema: { type: 'string', pattern: '^[0-9]+$' } },
  RateLimit: {
    description: 'What is left of each limit that counted this request, and in how many seconds its window ends (draft-ietf-httpapi-ratelimit-headers). Absent with `RATE_LIMITS=off`.',
    schema: { type: 'string', pattern: limitList('r=[0-9]+;t=[0-9]+') },
    example: '"login-account";r=9;t=900, "login-address";r=299;t=900',
  },
  'RateLimit-Policy': {
    description: 'Those limits: how many (`q`) in how many seconds (`w`).',
    schema: { type: 'string', pattern: limitList('q=[0-9]+;w=[0-9]+') },
    example: '"login-account";q=10;w=900, "login-address";q=300;w=900',
  },
  'Idempotency-Replayed': { description: 'This is the answer that an earlier request with this `Idempotency-Key` was given.', schema: { type: 'string', const: 'true' } },
  ...(Object.fromEntries(CACHE_CONTROL) as Record<string, object>),
};

export const headerRef = (name: string): { $ref: string } => ({ $ref: `#/components/headers/${name}` });

/** What may be kept by everybody, or where access is private by the caller's own browser alone. */
const eitherForm = (policy: CachePolicyName): object => ({
  required: true,
  description: 'Who may keep the answer (RFC 9111 §5.2); `private` where AVATAR_ACCESS says so.',
  schema: { type: 'string', enum: formsOf(policy).map((form) => CACHE_POLICIES[form]) },
});

/** `isGated`: the route is public or not, as the installation is set up. */
export const commonHeaders = (policy: CachePolicyName, isGated = false): Record<string, object> => ({
  'Cache-Control': isGated ? eitherForm(policy) : headerRef(`CacheControl-${policy}`),
  'X-Request-Id': headerRef('X-Request-Id'),
});

export const limitHeaders = (): Record<string, object> => ({ RateLimit: headerRef('RateLimit'), 'RateLimit-Policy': headerRef('RateLimit-Policy') });
