import { Injectable } from '@nestjs/common';
import { AppError } from '../../../kernel/errors/index.js';
import type { Form } from '../../../kernel/http/index.js';
import { ApiKeyCodec } from '../api-keys/index.js';
import { looksLikeRefreshToken } from '../codecs/refresh-token.codec.js';
import { Authenticator } from '../guard/authenticator.service.js';
import { RefreshService } from '../sessions/refresh.service.js';
import { TokenRepository } from '../tokens/index.js';
import type { PresentedCredentials } from './client-credentials.js';
import { OAuthCallers } from './oauth-callers.service.js';
import { invalidOAuthRequest, unsupportedTokenType } from './oauth.errors.js';

/** Ends tokens (RFC 7009). Whoever has a token may end it; credentials that are given all the same must be good. */
@Injectable()
export class Revocation {
  constructor(
    private readonly callers: OAuthCallers,
    private readonly authenticator: Authenticator,
    private readonly refreshing: RefreshService,
    private readonly tokens: TokenRepository,
    private readonly keys: ApiKeyCodec,
  ) {}

  /** A refresh token ends its session, an access token itself alone. One that is not known, or over, is no error (§2.2). */
  async revoke(credentials: PresentedCredentials | undefined, form: Form): Promise<void> {
    if (credentials) await this.callers.known(credentials, 'tokens:revoke');
    const token = form.get('token');
    if (token === undefined) throw invalidOAuthRequest('token is missing.');
    if (this.keys.decode(token)) throw unsupportedTokenType();
    try {
      await (looksLikeRefreshToken(token) ? this.refreshing.endSessionOf(token) : this.revokeAccessToken(token));
    } catch (reason) {
      if (!(reason instanceof AppError) || reason.status !== 401) throw reason;
    }
  }

  private async revokeAccessToken(token: string): Promise<void> {
    await this.tokens.revokeToken(await this.authenticator.locate(token), 'revoked');
  }
}
