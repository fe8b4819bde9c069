import { Injectable } from '@nestjs/common';
import { AppError } from '../../../kernel/errors/index.js';
import type { Form, RequestMeta } from '../../../kernel/http/index.js';
import type { TokensDto } from '../accounts/tokens.dto.js';
import { LimitedRefresh } from '../sessions/limited-refresh.service.js';
import type { PresentedCredentials } from './client-credentials.js';
import { OAuthTokensDto } from './oauth.dto.js';
import { invalidClient, invalidGrant, invalidOAuthRequest, invalidScope, unsupportedGrantType } from './oauth.errors.js';

/** The refresh grant (RFC 6749 §6): POST /v1/auth/refresh for clients that speak OAuth. */
@Injectable()
export class RefreshGrant {
  constructor(private readonly refreshing: LimitedRefresh) {}

  async exchange(credentials: PresentedCredentials | undefined, form: Form, meta: RequestMeta): Promise<OAuthTokensDto> {
    // A key never manages sessions, so none is even looked at here.
    if (credentials) throw invalidClient('This endpoint takes no client credentials; the refresh token suffices.', credentials.kind === 'secret' && credentials.byBasic);
    const grantType = form.get('grant_type');
    if (grantType === undefined) throw invalidOAuthRequest('grant_type is missing.');
    if (grantType !== 'refresh_token') throw unsupportedGrantType();
    const refreshToken = form.get('refresh_token');
    if (refreshToken === undefined) throw invalidOAuthRequest('refresh_token is missing.');
    if (form.has('scope')) throw invalidScope();
    return oauthTokens(await this.refresh(refreshToken, meta));
  }

  private async refresh(refreshToken: string, meta: RequestMeta): Promise<TokensDto> {
    try {
      return await this.refreshing.refresh(refreshToken, meta);
    } catch (reason) {
      throw reason instanceof AppError && reason.status === 401 ? invalidGrant(reason.detail, reason) : reason;
    }
  }
}

const oauthTokens = (tokens: TokensDto): OAuthTokensDto =>
  Object.assign(new OAuthTokensDto(), {
    access_token: tokens.accessToken,
    token_type: tokens.tokenType,
    expires_in: tokens.expiresIn,
    refresh_token: tokens.refreshToken!,
  } satisfies OAuthTokensDto);
