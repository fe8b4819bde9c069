import { Controller, Header, HttpCode, Post, Req } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOkResponse, ApiSecurity, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AcceptsScope, ApiProblems, FormBody, FormParameters, Public, requestMeta, TakesShortWay, type Form } from '../../../kernel/http/index.js';
import { ClientCredentials, type PresentedCredentials } from './client-credentials.js';
import { Introspection } from './introspection.service.js';
import { IntrospectionShortWay } from './introspection.short-way.js';
import { IntrospectionDto, OAuthTokensDto, RefreshGrantFormDto, TokenFormDto } from './oauth.dto.js';
import { RefreshGrant } from './refresh-grant.service.js';
import { Revocation } from './revocation.service.js';

const FORM = 'application/x-www-form-urlencoded';

/** What any OAuth library knows. Public to the guard: callers may name themselves in ways of their own, and each endpoint looks. */
@ApiTags('oauth')
@Public()
@Controller('oauth')
export class OAuthController {
  constructor(
    private readonly grant: RefreshGrant,
    private readonly introspection: Introspection,
    private readonly revocation: Revocation,
  ) {}

  /** Turn a refresh token into a new pair (RFC 6749 §6). */
  @Post('token')
  @HttpCode(200)
  @FormBody()
  @Header('Pragma', 'no-cache')
  @ApiConsumes(FORM)
  @ApiBody({ type: RefreshGrantFormDto })
  @ApiOkResponse({ type: OAuthTokensDto })
  @ApiProblems('oauth.invalid_request', 'oauth.invalid_client', 'oauth.invalid_grant', 'oauth.invalid_scope', 'oauth.unsupported_grant_type')
  @ApiProblems('request.rate_limited', 'request.outcome_unknown')
  token(@ClientCredentials() credentials: PresentedCredentials | undefined, @FormParameters() form: Form, @Req() request: FastifyRequest): Promise<OAuthTokensDto> {
    return this.grant.exchange(credentials, form, requestMeta(request));
  }

  /** Whether a token is good now, and whose (RFC 7662). For admins, and keys with `tokens:introspect`. */
  @Post('introspect')
  @HttpCode(200)
  @FormBody()
  @AcceptsScope('tokens:introspect')
  @TakesShortWay(IntrospectionShortWay)
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenFormDto })
  @ApiOkResponse({ type: IntrospectionDto })
  @ApiProblems('oauth.invalid_request', 'oauth.invalid_client', 'auth.token_unknown', 'auth.insufficient_scope')
  introspect(@ClientCredentials() credentials: PresentedCredentials | undefined, @FormParameters() form: Form): Promise<IntrospectionDto> {
    return this.introspection.introspect(credentials, form);
  }

  /** End a token (RFC 7009); a refresh token ends its session. To have the token suffices; 200 whether it was known or not. After 503 it may live yet: ask again. */
  @Post('revoke')
  @HttpCode(200)
  @FormBody()
  @AcceptsScope('tokens:revoke')
  @ApiSecurity({})
  @ApiConsumes(FORM)
  @ApiBody({ type: TokenFormDto })
  @ApiOkResponse({ description: 'The token is over, or never was.' })
  @ApiProblems('oauth.invalid_request', 'oauth.invalid_client', 'oauth.unsupported_token_type', 'auth.token_unknown', 'auth.insufficient_scope', 'request.outcome_unknown')
  revoke(@ClientCredentials() credentials: PresentedCredentials | undefined, @FormParameters() form: Form): Promise<void> {
    return this.revocation.revoke(credentials, form);
  }
}
