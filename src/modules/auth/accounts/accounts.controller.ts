import { Body, Controller, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems, OptionalBody, Public, requestMeta, TakesShortWay } from '../../../kernel/http/index.js';
import { CurrentCall, Idempotency, Idempotent, type IdempotentCall } from '../../../kernel/idempotency/index.js';
import { REFRESH_REFUSALS } from '../auth.errors.js';
import { SET_COOKIE_HEADER } from '../cookies/cookie-docs.js';
import { RefreshCookies } from '../cookies/refresh-cookies.service.js';
import { RefreshShortWay } from '../sessions/refresh.short-way.js';
import { AccountsService } from './accounts.service.js';
import { LoginDto } from './login.dto.js';
import { LoginService } from './login.service.js';
import { RegisterDto, RegisteredDto } from './register.dto.js';
import { RefreshDto } from './session-bodies.dto.js';
import { TokensDto } from './tokens.dto.js';

@ApiTags('auth')
@Controller('v1/auth')
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly logins: LoginService,
    private readonly cookies: RefreshCookies,
    private readonly idempotency: Idempotency,
  ) {}

  /** Make an account and sign it in. Can be switched off (`REGISTRATION=closed`). */
  @Post('register')
  @Public()
  @Idempotent()
  @ApiCreatedResponse({ type: RegisteredDto, headers: SET_COOKIE_HEADER })
  @ApiProblems('user.email_taken', 'user.username_taken', 'auth.registration_closed', 'auth.bootstrap_refused', 'auth.origin_refused')
  @ApiProblems('request.rate_limited', 'request.outcome_unknown')
  register(
    @Body() body: RegisterDto,
    @CurrentCall() call: IdempotentCall,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<RegisteredDto> {
    const meta = requestMeta(request);
    const register = async (): Promise<RegisteredDto> => {
      await this.accounts.admit(body, meta);
      return this.idempotency.run(call, 'withSecret', (attempt) => this.accounts.register(body, meta, attempt));
    };
    return this.cookies.signIn({ transport: body.transport, request, reply }, register, ({ tokens }) => tokens);
  }

  /** Sign in by e-mail address or username. An unknown account and a wrong password are answered alike. */
  @Post('login')
  @HttpCode(200)
  @Public()
  @ApiOkResponse({ type: TokensDto, headers: SET_COOKIE_HEADER })
  @ApiProblems('auth.invalid_credentials', 'auth.user_disabled', 'auth.session_limit', 'auth.origin_refused', 'request.rate_limited', 'request.outcome_unknown')
  login(@Body() body: LoginDto, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<TokensDto> {
    return this.cookies.signIn({ transport: body.transport, request, reply }, () => this.logins.login(body, requestMeta(request)), (tokens) => tokens);
  }

  /**
   * Turn a refresh token into a new pair. The same token again within `REFRESH_GRACE_SECONDS` of its rotation gets the same
   * pair again; later, the session ends (RFC 9700 §4.14.2). Without `refreshToken` in the body, the one of the refresh cookie is
   * taken, and the new one set as the cookie; that needs a JSON content type and an allowed `Origin`. Such a page is answered 204
   * when its browser has no cookie: nobody is signed in there.
   */
  @Post('refresh')
  @TakesShortWay(RefreshShortWay)
  @Public()
  @ApiOkResponse({ type: TokensDto, headers: SET_COOKIE_HEADER })
  @ApiNoContentResponse({ description: 'The page has no refresh cookie: nobody is signed in there.' })
  @ApiProblems(...REFRESH_REFUSALS, 'auth.origin_refused', 'request.rate_limited', 'request.outcome_unknown')
  refresh(@OptionalBody(RefreshDto) body: RefreshDto, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<TokensDto | undefined> {
    return this.cookies.refresh(body.refreshToken, request, reply);
  }
}
