import { CACHE_POLICIES, type CachePolicyName } from '../../kernel/http/index.js';

const CACHE_CONTROL = Object.entries(CACHE_POLICIES).map(([policy, value]) => [
  `CacheControl-${policy}`,
  { required: true, description: 'Who may keep the answer (RFC 9111 §5.2).', schema: { type: 'string', const: value } },
]);

/** Headers that responses of many operations carry: `components.headers`. */
export const HEADER_COMPONENTS = {
  'X-Request-Id': { required: true, description: 'The id under which this request stands in the log.', schema: { type: 'string' } },
  ETag: { required: true, description: 'Changes with every version (RFC 9110 §8.8.3).', schema: { type: 'string' } },
  'WWW-Authenticate': { required: true, description: 'With `error="invalid_token"` when a token was presented (RFC 6750 §3).', schema: { type: 'string' } },
  'Retry-After': { required: true, description: 'After how many seconds to try again.', schema: { type: 'string', pattern: '^[0-9]+$' } },
  ...(Object.fromEntries(CACHE_CONTROL) as Record<string, object>),
};

export const headerRef = (name: string): { $ref: string } => ({ $ref: `#/components/headers/${name}` });

export const commonHeaders = (policy: CachePolicyName): Record<string, object> => ({
  'Cache-Control': headerRef(`CacheControl-${policy}`),
  'X-Request-Id': headerRef('X-Request-Id'),
});
