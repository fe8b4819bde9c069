import { Injectable } from '@nestjs/common';
import type { AcceptedScope, ApiKeyPrincipal } from '../../../kernel/http/index.js';
import type { UserSnapshot } from '../../users/index.js';
import { ApiKeyAuthenticator, looksLikeApiKey } from '../api-keys/index.js';
import { Authenticator, type AuthenticatedSession } from './authenticator.service.js';
import { fieldNotForKeys, insufficientScope } from './scope.errors.js';

export type Authenticated = AuthenticatedSession | { readonly principal: ApiKeyPrincipal; readonly user: UserSnapshot };

/** Says who a bearer token speaks for, be it of a session or an API key, and holds keys to what a route takes from them. */
@Injectable()
export class Bearers {
  constructor(
    private readonly sessions: Authenticator,
    private readonly keys: ApiKeyAuthenticator,
  ) {}

  /** 401 for a token that is refused; 403 `auth.insufficient_scope` for a key that is good, and not for this. */
  admit(token: string, accepted: AcceptedScope | undefined, body: unknown): Promise<Authenticated> {
    return looksLikeApiKey(token) ? this.admitKey(token, accepted, body) : this.sessions.authenticate(token);
  }

  private async admitKey(token: string, accepted: AcceptedScope | undefined, body: unknown): Promise<Authenticated> {
    const authenticated = await this.keys.authenticate(token);
    if (!accepted || !authenticated.principal.scopes.includes(accepted.scope)) throw insufficientScope(accepted?.scope);
    const field = forbiddenField(accepted, body);
    if (field !== undefined) throw fieldNotForKeys(field);
    return authenticated;
  }

  /** The same for what is the sessions' alone. */
  async admitSession(token: string): Promise<AuthenticatedSession> {
    if (!looksLikeApiKey(token)) return this.sessions.authenticate(token);
    await this.keys.authenticate(token);
    throw insufficientScope();
  }
}

const forbiddenField = ({ forbidden }: AcceptedScope, body: unknown): string | undefined => {
  if (typeof body !== 'object' || body === null) return undefined;
  const said = body as Record<string, unknown>;
  return Object.keys(forbidden).find((field) => Object.hasOwn(said, field) && forbidden[field]!(said[field]));
};
