import { Controller, Get, Inject } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { ApiProblems, Public } from '../../../kernel/http/index.js';
import { AuthorizationServerDto } from './oauth.dto.js';

@ApiTags('well-known')
@Controller('.well-known')
export class AuthorizationServerController {
  constructor(@Inject(APP_CONFIG) private readonly config: AppConfig) {}

  /** Where the OAuth endpoints are, and what they can (RFC 8414). */
  @Get('oauth-authorization-server')
  @Public()
  @ApiOkResponse({ type: AuthorizationServerDto })
  @ApiProblems()
  authorizationServer(): AuthorizationServerDto {
    const { publicUrl } = this.config.http;
    const byKey = ['client_secret_basic', 'client_secret_post', 'Bearer'];
    return Object.assign(new AuthorizationServerDto(), {
      issuer: this.config.tokens.issuer,
      token_endpoint: `${publicUrl}/oauth/token`,
      jwks_uri: `${publicUrl}/.well-known/jwks.json`,
      introspection_endpoint: `${publicUrl}/oauth/introspect`,
      revocation_endpoint: `${publicUrl}/oauth/revoke`,
      response_types_supported: [],
      grant_types_supported: ['refresh_token'],
      token_endpoint_auth_methods_supported: ['none'],
      introspection_endpoint_auth_methods_supported: byKey,
      revocation_endpoint_auth_methods_supported: ['none', ...byKey],
      service_documentation: `${publicUrl}/docs`,
    } satisfies AuthorizationServerDto);
  }
}
