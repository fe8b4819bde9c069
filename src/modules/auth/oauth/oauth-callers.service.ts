import { Injectable } from '@nestjs/common';
import { AppError } from '../../../kernel/errors/index.js';
import { API_KEY_SCOPES, isAdmin, type AcceptedScope, type ApiKeyScope, type Principal } from '../../../kernel/http/index.js';
import { SharedCalls } from '../../../kernel/shared-calls/index.js';
import { looksLikeApiKey } from '../api-keys/index.js';
import { Bearers } from '../guard/bearers.service.js';
import { insufficientScope } from '../guard/scope.errors.js';
import type { PresentedCredentials } from './client-credentials.js';
import { invalidClient } from './oauth.errors.js';

/** Who calls the OAuth endpoints. */
@Injectable()
export class OAuthCallers {
  /** A gateway asks many times at once, always as itself: it is looked up once for all that wait (figures: bench/README.md). */
  private readonly lookUps = new Map(API_KEY_SCOPES.map((scope) => [scope, new SharedCalls<Principal>()]));

  constructor(private readonly bearers: Bearers) {}

  /** An admin, or a key with the scope whose owner is one. Throws 401, or 403 `insufficient_scope`. */
  async requireAdmin(credentials: PresentedCredentials | undefined, scope: ApiKeyScope): Promise<void> {
    if (!credentials) throw invalidClient('Authenticate by a bearer token, or with an API key as client secret.', false);
    if (!isAdmin(await this.known(credentials, scope))) throw insufficientScope(scope);
  }

  /** Any session, or a key with the scope. Throws 401, or 403 `insufficient_scope`. */
  async known(credentials: PresentedCredentials, scope: ApiKeyScope): Promise<Principal> {
    const accepted = { scope, forbidden: {} };
    if (credentials.kind === 'bearer') return this.principal(credentials.token, accepted);
    const { secret, byBasic } = credentials;
    if (!looksLikeApiKey(secret)) throw invalidClient('The client secret must be an API key.', byBasic);
    try {
      return await this.principal(secret, accepted);
    } catch (reason) {
      throw reason instanceof AppError && reason.status === 401 ? invalidClient(reason.detail, byBasic, reason) : reason;
    }
  }

  private principal(token: string, accepted: AcceptedScope): Promise<Principal> {
    return this.lookUps.get(accepted.scope)!.ask(token, async () => (await this.bearers.admit(token, accepted, undefined)).principal);
  }
}
