import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiCreatedResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems, Public, requestMeta } from '../../../kernel/http/index.js';
import { REFRESH_REFUSALS } from '../auth.errors.js';
import { RefreshService } from '../sessions/refresh.service.js';
import { AccountsService } from './accounts.service.js';
import { LoginDto } from './login.dto.js';
import { RegisterDto, RegisteredDto } from './register.dto.js';
import { RefreshDto } from './session-bodies.dto.js';
import { TokensDto } from './tokens.dto.js';

@ApiTags('auth')
@Controller('v1/auth')
export class AccountsController {
  constructor(
    private readonly accounts: AccountsService,
    private readonly refreshing: RefreshService,
  ) {}

  /** Make an account and sign it in. Can be switched off (`REGISTRATION=closed`). */
  @Post('register')
  @Public()
  @ApiCreatedResponse({ type: RegisteredDto })
  @ApiProblems('user.email_taken', 'user.username_taken', 'auth.registration_closed', 'auth.bootstrap_refused')
  register(@Body() body: RegisterDto, @Req() request: FastifyRequest): Promise<RegisteredDto> {
    return this.accounts.register(body, requestMeta(request));
  }

  /** Sign in by e-mail address or username. An unknown account and a wrong password are answered alike. */
  @Post('login')
  @HttpCode(200)
  @Public()
  @ApiOkResponse({ type: TokensDto })
  @ApiProblems('auth.invalid_credentials', 'auth.user_disabled', 'auth.session_limit', 'request.rate_limited')
  login(@Body() body: LoginDto, @Req() request: FastifyRequest): Promise<TokensDto> {
    return this.accounts.login(body, requestMeta(request));
  }

  /**
   * Turn a refresh token into a new pair. The same token again within `REFRESH_GRACE_SECONDS` of its rotation gets the same
   * pair again; later, the session ends (RFC 9700 §4.14.2).
   */
  @Post('refresh')
  @HttpCode(200)
  @Public()
  @ApiOkResponse({ type: TokensDto })
  @ApiProblems(...REFRESH_REFUSALS)
  refresh(@Body() body: RefreshDto, @Req() request: FastifyRequest): Promise<TokensDto> {
    return this.refreshing.refresh(body.refreshToken, requestMeta(request));
  }
}
