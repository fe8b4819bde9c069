import type { ApiKeyScope } from '../../src/kernel/http/index.js';

/**
 * Who may call what: written out from the contract ("who" in its tables), not from the code or the document. `anyone`: no caller is refused. `session`: any
 * user with an access token. `admin`: an administrator's. `own`: on one's own account; others' are for administrators. A `key` of the scope may do what its owner
 * may; `tokens:introspect` and `tokens:revoke` are for administrators' keys, and so is everything on accounts of others.
 */
export interface AccessRule {
  readonly who: 'anyone' | 'session' | 'admin' | 'own';
  readonly key?: ApiKeyScope;
}

const anyone: AccessRule = { who: 'anyone' };
const session: AccessRule = { who: 'session' };
const admin: AccessRule = { who: 'admin' };

export const ACCESS_RULES: Readonly<Record<string, AccessRule>> = {
  wellKnown_jwks: anyone,
  wellKnown_authorizationServer: anyone,
  avatars_showByEmail: anyone,
  operations_live: anyone,
  operations_ready: anyone,
  operations_started: anyone,
  oauth_introspect: { who: 'admin', key: 'tokens:introspect' },
  oauth_revoke: { who: 'admin', key: 'tokens:revoke' },
  oauth_token: anyone,
  audit_listAuditEvents: session,
  auth_listMyApiKeys: session,
  auth_createApiKey: session,
  auth_getApiKey: session,
  auth_revokeApiKey: session,
  auth_rotateApiKey: session,
  auth_sendVerificationMail: session,
  auth_verifyEmail: anyone,
  auth_login: anyone,
  // By the bearer, or by the refresh token in the body.
  auth_logout: session,
  auth_logoutAll: session,
  auth_changePassword: session,
  auth_forgotPassword: anyone,
  auth_resetPassword: anyone,
  auth_refresh: anyone,
  auth_register: anyone,
  auth_listMySessions: session,
  auth_endMySession: session,
  avatars_findDefault: admin,
  avatars_putDefault: { who: 'admin', key: 'avatars:write' },
  avatars_removeDefault: { who: 'admin', key: 'avatars:write' },
  avatars_signUrls: session,
  avatars_showByDigest: anyone,
  users_listUsers: { who: 'admin', key: 'users:read' },
  users_createUser: { who: 'admin', key: 'users:write' },
  users_lookupUsers: { who: 'session', key: 'users:read' },
  users_getMe: { who: 'session', key: 'users:read' },
  users_updateMe: { who: 'session', key: 'users:write' },
  users_deleteMe: session,
  avatars_putMine: { who: 'session', key: 'avatars:write' },
  avatars_removeMine: { who: 'session', key: 'avatars:write' },
  avatars_findMine: session,
  users_requestMyDeletion: session,
  users_exportMyData: session,
  users_getUser: { who: 'session', key: 'users:read' },
  users_updateUser: { who: 'admin', key: 'users:write' },
  users_deleteUser: admin,
  avatars_put: { who: 'own', key: 'avatars:write' },
  avatars_remove: { who: 'own', key: 'avatars:write' },
  avatars_show: anyone,
  avatars_importAvatar: { who: 'admin', key: 'avatars:write' },
  auth_listSessionsOfUser: admin,
  auth_endSessionsOfUser: admin,
  auth_issueToken: admin,
  webhooks_listWebhooks: admin,
  webhooks_createWebhook: admin,
  webhooks_getWebhook: admin,
  webhooks_changeWebhook: admin,
  webhooks_deleteWebhook: admin,
  webhooks_listWebhookDeliveries: admin,
  webhooks_redeliver: admin,
  webhooks_replaceWebhookSecret: admin,
};
