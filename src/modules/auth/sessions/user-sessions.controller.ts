import { Body, Controller, Delete, Get, HttpCode, Post, Query, Req } from '@nestjs/common';
import { ApiBearerAuth, ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';
import { AdminOnly, ApiProblems, CurrentSession, requestMeta, UuidParam, type SessionPrincipal } from '../../../kernel/http/index.js';
import { CurrentCall, Idempotency, Idempotent, type IdempotentCall } from '../../../kernel/idempotency/index.js';
import { IssueTokenDto } from '../accounts/session-bodies.dto.js';
import { AdminTokenDto } from '../accounts/tokens.dto.js';
import { AdminTokensService } from './admin-tokens.service.js';
import { PlatformQueryDto } from './platform-query.dto.js';
import { SessionListDto } from './session.dto.js';
import { SessionsService } from './sessions.service.js';

@ApiTags('auth')
@ApiBearerAuth()
@AdminOnly()
@Controller('v1/users/:id')
export class UserSessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly adminTokens: AdminTokensService,
    private readonly idempotency: Idempotency,
  ) {}

  /** Issue an access token for an account. It lives exactly `ttlSeconds`, and no login policy counts or evicts it. */
  @Post('tokens')
  @Idempotent()
  @ApiCreatedResponse({ type: AdminTokenDto })
  @ApiProblems('auth.forbidden', 'auth.outlives_token', 'user.not_found', 'user.disabled', 'request.outcome_unknown')
  issueToken(
    @UuidParam('id') id: string,
    @CurrentSession() me: SessionPrincipal,
    @Body() body: IssueTokenDto,
    @CurrentCall() call: IdempotentCall,
    @Req() request: FastifyRequest,
  ): Promise<AdminTokenDto> {
    return this.idempotency.run(call, 'withSecret', () => this.adminTokens.issue(me, id, body, requestMeta(request)));
  }

  /** A user's live sessions, or those of one platform, newest first. */
  @Get('sessions')
  @ApiOkResponse({ type: SessionListDto })
  @ApiProblems('auth.forbidden', 'user.not_found')
  listSessionsOfUser(@UuidParam('id') id: string, @Query() query: PlatformQueryDto, @CurrentSession() me: SessionPrincipal): Promise<SessionListDto> {
    return this.sessions.listOf(id, me, query.platform);
  }

  /** End all sessions of a user, or those of one platform. */
  @Delete('sessions')
  @HttpCode(204)
  @ApiNoContentResponse()
  @ApiProblems('auth.forbidden', 'user.not_found', 'request.outcome_unknown')
  endSessionsOfUser(@UuidParam('id') id: string, @Query() query: PlatformQueryDto): Promise<void> {
    return this.sessions.endOf(id, query.platform);
  }
}
