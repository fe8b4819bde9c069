import { Controller, Get, Param, Redirect, Req, Res, type HttpRedirectResponse } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { CachePolicy, frameworkError, PagePolicy, Public } from '../../kernel/http/index.js';
import { PageFiles } from './page-files.js';

/** Nothing inline, nothing from elsewhere; `blob:` is the picture that was chosen and not sent yet. Forms are sent by the script alone. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page and its files; no part of the API, and not in its document. */
@Public()
@ApiExcludeController()
@Controller()
export class AccountPageController {
  constructor(private readonly files: PageFiles) {}

  @Get()
  @Redirect()
  root(): HttpRedirectResponse {
    return this.files.addressOf('');
  }

  /** Mails link here; browsers carry the fragment, in which the token stands, along. */
  @Get('reset-password')
  @Redirect()
  resetPassword(): HttpRedirectResponse {
    return this.files.addressOf('/reset-password');
  }

  @Get('verify-email')
  @Redirect()
  verifyEmail(): HttpRedirectResponse {
    return this.files.addressOf('/verify-email');
  }

  @Get('account/assets/:name')
  @CachePolicy('immutable')
  asset(@Param('name') name: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Buffer | undefined {
    const file = this.files.asset(name);
    if (!file) throw frameworkError('request.not_found');
    return file.answer(request, reply);
  }

  /** Every view is this document: which one is shown, the page decides by the address. */
  @Get(['account', 'account/:view', 'account/admin/:list', 'account/admin/:list/:item'])
  @CachePolicy('publicNoCache')
  @PagePolicy(CONTENT_SECURITY_POLICY)
  document(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Buffer | undefined {
    return this.files.document.answer(request, reply);
  }
}
