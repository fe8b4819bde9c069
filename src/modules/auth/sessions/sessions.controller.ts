import { Controller, Delete, Get, HttpCode, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems, CurrentSession, OptionalBody, Public, UuidParam, type SessionPrincipal } from '../../../kernel/http/index.js';
import { LogoutAllDto, LogoutDto } from '../accounts/session-bodies.dto.js';
import { REFRESH_REFUSALS } from '../auth.errors.js';
import { SET_COOKIE_HEADER } from '../cookies/cookie-docs.js';
import { RefreshCookies } from '../cookies/refresh-cookies.service.js';
import { SessionListDto } from './session.dto.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('auth')
@ApiBearerAuth()
@Controller('v1/auth')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly cookies: RefreshCookies,
  ) {}

  /** End this session, named by the bearer token, by `refreshToken`, or by the refresh cookie (with a JSON content type and an allowed `Origin`). */
  @Post('logout')
  @HttpCode(204)
  @Public()
  @ApiNoContentResponse({ headers: SET_COOKIE_HEADER })
  @ApiProblems('auth.token_missing', 'auth.insufficient_scope', 'auth.origin_refused', 'request.outcome_unknown', ...REFRESH_REFUSALS)
  logout(@OptionalBody(LogoutDto) body: LogoutDto, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<void> {
    return this.cookies.logout(body.refreshToken, request, reply);
  }

  /** End all the caller's sessions; with `keepCurrent`, all but this one. */
  @Post('logout-all')
  @HttpCode(204)
  @ApiNoContentResponse()
  @ApiProblems('request.outcome_unknown')
  logoutAll(@CurrentSession() me: SessionPrincipal, @OptionalBody(LogoutAllDto) body: LogoutAllDto): Promise<void> {
    return this.sessions.endAll(me.userId, body.keepCurrent ? me.sessionId : null);
  }

  /** The caller's live sessions, newest first. */
  @Get('sessions')
  @ApiOkResponse({ type: SessionListDto })
  @ApiProblems()
  listMySessions(@CurrentSession() me: SessionPrincipal): Promise<SessionListDto> {
    return this.sessions.ownList(me);
  }

  /** End one of the caller's sessions. */
  @Delete('sessions/:sessionId')
  @HttpCode(204)
  @ApiNoContentResponse()
  @ApiProblems('auth.session_not_found', 'request.outcome_unknown')
  endMySession(@CurrentSession() me: SessionPrincipal, @UuidParam('sessionId') sessionId: string): Promise<void> {
    return this.sessions.endOwn(me, sessionId);
  }
}
