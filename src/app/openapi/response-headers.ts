/** Headers that responses of many operations carry. */
export const RESPONSE_HEADERS = {
  'X-Request-Id': { required: true, description: 'The id under which this request stands in the log.', schema: { type: 'string' } },
  'Cache-Control-no-store': { required: true, schema: { type: 'string', const: 'no-store' } },
  ETag: { required: true, description: 'Changes with every version (RFC 9110 §8.8.3).', schema: { type: 'string' } },
  'WWW-Authenticate': { required: true, description: 'With `error="invalid_token"` when a token was presented (RFC 6750 §3).', schema: { type: 'string' } },
  'Retry-After': { required: true, description: 'After how many seconds to try again.', schema: { type: 'string', pattern: '^[0-9]+$' } },
  Allow: { required: true, schema: { type: 'string' } },
} as const;
