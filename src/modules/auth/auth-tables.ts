import type { ArchivedTable } from '../../kernel/archive/index.js';

/**
 * What an archive has of this module: what outlives every session. Private keys are sealed, and digests of API keys made, under keys derived from
 * MASTER_KEY, so they are good where that is the same.
 */
export const AUTH_TABLES: readonly ArchivedTable[] = [
  {
    name: 'signing_keys',
    columns: ['kid', 'algorithm', 'public_jwk', 'sealed_private_key', 'created_at', 'active_from', 'tokens_until', 'withdrawn_at'],
    order: 'kid COLLATE "C"',
    beforeImport: 'replaced',
  },
  {
    name: 'api_keys',
    columns: ['id', 'user_id', 'name', 'scopes', 'granted_by_admin', 'created_at', 'expires_at', 'last_used_at', 'revoked_at'],
    order: 'id',
    beforeImport: 'empty',
  },
  { name: 'api_key_secrets', columns: ['digest', 'key_id', 'created_at', 'works_until'], order: 'digest', beforeImport: 'empty' },
  // Without them a token of the old server that was ended here would be taken for one that was never seen.
  { name: 'legacy_tokens', columns: ['token_id', 'user_id', 'user_epoch', 'is_adopted', 'expires_at'], order: 'token_id', where: 'expires_at > clock_timestamp()', beforeImport: 'empty' },
];
