/** Why a bearer token is refused, on every operation that takes one. */
export const TOKEN_PROBLEMS = [
  'auth.token_missing',
  'auth.token_malformed',
  'auth.token_expired',
  'auth.token_revoked',
  'auth.token_unknown',
  'auth.session_evicted',
  'auth.session_ended',
  'auth.user_disabled',
] as const;
