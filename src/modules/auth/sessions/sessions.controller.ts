import { Controller, Delete, Get, Headers, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems, CurrentSession, OptionalBody, Public, UuidParam, type SessionPrincipal } from '../../../kernel/http/index.js';
import { LogoutAllDto, LogoutDto } from '../accounts/session-bodies.dto.js';
import { REFRESH_REFUSALS } from '../auth.errors.js';
import { LogoutService } from './logout.service.js';
import { SessionListDto } from './session.dto.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('auth')
@ApiBearerAuth()
@Controller('v1/auth')
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly logouts: LogoutService,
  ) {}

  /** End this session, named by the bearer token or by `refreshToken`. */
  @Post('logout')
  @HttpCode(204)
  @Public()
  @ApiNoContentResponse()
  @ApiProblems('auth.token_missing', 'auth.insufficient_scope', 'request.outcome_unknown', ...REFRESH_REFUSALS)
  logout(@OptionalBody(LogoutDto) body: LogoutDto, @Headers('authorization') authorization: string | undefined): Promise<void> {
    return this.logouts.logout(authorization, body.refreshToken);
  }

  /** End all the caller's sessions; with `keepCurrent`, all but this one. */
  @Post('logout-all')
  @HttpCode(204)
  @ApiNoContentResponse()
  @ApiProblems()
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
