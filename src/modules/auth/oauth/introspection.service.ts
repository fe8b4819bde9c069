import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { AppError } from '../../../kernel/errors/index.js';
import type { Form } from '../../../kernel/http/index.js';
import { looksLikeRefreshToken } from '../codecs/refresh-token.codec.js';
import type { UserSnapshot } from '../../users/index.js';
import { Authenticator } from '../guard/authenticator.service.js';
import { RefreshService } from '../sessions/refresh.service.js';
import type { PresentedCredentials } from './client-credentials.js';
import { OAuthCallers } from './oauth-callers.service.js';
import { IntrospectionDto } from './oauth.dto.js';
import { invalidOAuthRequest } from './oauth.errors.js';

/** Tells other services whether a token would be taken here and now (RFC 7662). Nothing is changed by asking. */
@Injectable()
export class Introspection {
  /** The last answer about each user, which is written out once; whether it is still true is looked up each time. */
  private readonly told = new WeakMap<UserSnapshot, IntrospectionDto>();

  constructor(
    private readonly callers: OAuthCallers,
    private readonly authenticator: Authenticator,
    private readonly refreshing: RefreshService,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async introspect(credentials: PresentedCredentials | undefined, form: Form): Promise<IntrospectionDto> {
    const token = form.get('token');
    // Both are looked up at once; what is found is for no one before it is known who asks.
    const found = !credentials || token === undefined ? null : looksLikeRefreshToken(token) ? this.refreshToken(token) : this.accessToken(token);
    found?.catch(() => undefined);
    await this.callers.requireAdmin(credentials, 'tokens:introspect');
    if (!found) throw invalidOAuthRequest('token is missing.');
    try {
      return await found;
    } catch (reason) {
      // Whatever its holder would be told, others are told the same of every token that is not good.
      if (reason instanceof AppError && reason.status === 401) return Object.assign(new IntrospectionDto(), { active: false });
      throw reason;
    }
  }

  private async accessToken(token: string): Promise<IntrospectionDto> {
    const { principal, user, access } = await this.authenticator.authenticate(token);
    const known = this.told.get(user);
    // A snapshot is the same object for as long as the user's bytes are the same.
    if (known?.jti === principal.tokenId && known.exp === access.expiresAt && known.iat === access.issuedAt) return known;
    const { issuer, audience } = this.config.tokens;
    const answer: IntrospectionDto = Object.assign(new IntrospectionDto(), {
      active: true,
      client_id: 'likeness',
      username: user.dto.username,
      token_type: 'Bearer',
      exp: access.expiresAt,
      iat: access.issuedAt,
      sub: principal.userId,
      aud: audience,
      iss: issuer,
      jti: principal.tokenId,
      sid: principal.sessionId,
      roles: [...user.roles],
    });
    this.told.set(user, answer);
    return answer;
  }

  private async refreshToken(token: string): Promise<IntrospectionDto> {
    const { user, sessionId, issuedAt, expiresAt } = await this.refreshing.inspect(token);
    const { issuer } = this.config.tokens;
    return Object.assign(new IntrospectionDto(), {
      active: true,
      client_id: 'likeness',
      username: user.dto.username,
      token_type: 'refresh_token',
      exp: expiresAt,
      iat: issuedAt,
      sub: user.userId,
      aud: issuer,
      iss: issuer,
      sid: sessionId,
      roles: [...user.roles],
    });
  }
}
