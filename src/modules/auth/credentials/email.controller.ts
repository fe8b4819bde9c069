import { Body, Controller, HttpCode, Post, Req } from '@nestjs/common';
import { ApiAcceptedResponse, ApiBearerAuth, ApiNoContentResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { ApiProblems, CurrentSession, Public, requestMeta, type SessionPrincipal } from '../../../kernel/http/index.js';
import { VerifyEmailDto } from './email.dto.js';
import { EmailVerification } from './email-verification.service.js';

@ApiTags('auth')
@Controller('v1/auth/email')
export class EmailController {
  constructor(private readonly verification: EmailVerification) {}

  /**
   * Verify an email address. The token was mailed to the current address, or to the `pendingEmail`, which then takes its place. The same token again is answered alike while the address is verified.
   */
  @Post('verify')
  @HttpCode(204)
  @Public()
  @ApiNoContentResponse()
  @ApiProblems('auth.verification_token_invalid', 'user.email_taken', 'request.rate_limited', 'request.outcome_unknown')
  verifyEmail(@Body() { token }: VerifyEmailDto, @Req() request: FastifyRequest): Promise<void> {
    return this.verification.verify(token, requestMeta(request));
  }

  /** Send the mail again: to `pendingEmail` if there is one, else to the current address unless it is verified. Earlier tokens end. */
  @Post('verification')
  @HttpCode(202)
  @ApiBearerAuth()
  @ApiAcceptedResponse()
  @ApiProblems('request.rate_limited', 'request.outcome_unknown')
  sendVerificationMail(@CurrentSession() me: SessionPrincipal, @Req() request: FastifyRequest): Promise<void> {
    return this.verification.sendAgain(me, requestMeta(request));
  }
}
