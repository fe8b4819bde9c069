/** What an API key may be granted. Each names the routes that it opens (`@AcceptsScope`). */
export const API_KEY_SCOPES = ['users:read', 'users:write', 'avatars:write', 'tokens:introspect', 'tokens:revoke'] as const;
export type ApiKeyScope = (typeof API_KEY_SCOPES)[number];

interface Caller {
  readonly userId: string;
  /** From the user's row, never from the token; without `admin` for a key that no admin has granted. */
  readonly roles: readonly string[];
}

/** A user with the access token of a session. */
export interface SessionPrincipal extends Caller {
  readonly kind: 'session';
  readonly sessionId: string;
  readonly tokenId: string;
}

/** A program with an API key, which acts as the key's owner within its scopes. */
export interface ApiKeyPrincipal extends Caller {
  readonly kind: 'key';
  readonly keyId: string;
  readonly scopes: readonly ApiKeyScope[];
}

/** Who is asking, as the global guard established it for this request. */
export type Principal = SessionPrincipal | ApiKeyPrincipal;

export const isAdmin = (principal: Principal): boolean => principal.roles.includes('admin');
