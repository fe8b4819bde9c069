import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems, CurrentSession, Public, requestMeta, type SessionPrincipal } from '../../../kernel/http/index.js';
import { ChangePasswordDto, ForgotPasswordDto, ResetPasswordDto } from './password.dto.js';
import { PasswordsService } from './passwords.service.js';

@ApiTags('auth')
@Controller('v1/auth/password')
export class PasswordController {
  constructor(private readonly passwords: PasswordsService) {}

  /** Change one's own password. Every other session ends, with the tokens that admins issued and, unless `keepApiKeys`, the API keys. */
  @Post()
  @HttpCode(204)
  @ApiBearerAuth()
  @ApiNoContentResponse()
  @ApiProblems('auth.invalid_credentials', 'request.rate_limited', 'request.outcome_unknown')
  changePassword(@CurrentSession() me: SessionPrincipal, @Body() body: ChangePasswordDto, @Req() request: FastifyRequest): Promise<void> {
    return this.passwords.change(me, body, requestMeta(request));
  }

  /** Ask for a link by which to choose a new password. Answered alike for every address; mailed only to one that is verified. */
  @Post('forgot')
  @HttpCode(202)
  @Public()
  @ApiAcceptedResponse()
  @ApiProblems('request.rate_limited', 'request.outcome_unknown')
  forgotPassword(@Body() { email }: ForgotPasswordDto, @Req() request: FastifyRequest): Promise<void> {
    return this.passwords.forget(email, requestMeta(request));
  }

  /** Choose a new password by the token of the mail. It works once, and ends every session and the API keys. */
  @Post('reset')
  @HttpCode(204)
  @Public()
  @ApiNoContentResponse()
  @ApiProblems('auth.reset_token_invalid', 'request.rate_limited', 'request.outcome_unknown')
  resetPassword(@Body() { token, newPassword }: ResetPasswordDto, @Req() request: FastifyRequest): Promise<void> {
    return this.passwords.reset(token, newPassword, requestMeta(request));
  }
}
