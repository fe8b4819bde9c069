import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Req, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiConsumes, ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AcceptsScope, anything, ApiProblems, CachePolicy, CurrentUser, requestMeta, TakesShortWay, type Principal } from '../../kernel/http/index.js';
import { AccountDeletionDto } from './account-deletion.dto.js';
import { CurrentSnapshot } from './current-snapshot.decorator.js';
import { MyAccountShortWay } from './my-account.short-way.js';
import { ProfileService } from './profile.service.js';
import { OwnProfilePatchDto } from './profile-patch.dto.js';
import { tagged } from './tagged.js';
import type { UserSnapshot } from './user-snapshot.js';
import { UserDto } from './user.dto.js';
import { ETAG_HEADER, IF_MATCH_HEADER, MERGE_PATCH_TYPES } from './user-docs.js';

@ApiTags('users')
@ApiBearerAuth()
@Controller('v1/users/me')
export class MeController {
  constructor(private readonly profile: ProfileService) {}

  /** The caller's own account, at its current version. */
  @Get()
  @AcceptsScope('users:read')
  @CachePolicy('privateTagged')
  @TakesShortWay(MyAccountShortWay)
  @ApiOkResponse({ type: UserDto, headers: ETAG_HEADER })
  getMe(@CurrentSnapshot() me: UserSnapshot, @Res({ passthrough: true }) reply: FastifyReply): UserDto {
    return tagged(reply, me.etag, me.dto);
  }

  /** Change one's own account: a JSON merge patch (RFC 7396). A new email waits as `pendingEmail` until it is confirmed. */
  @Patch()
  @CachePolicy('noStoreTagged')
  @AcceptsScope('users:write', { email: anything, currentPassword: anything })
  @ApiConsumes(...MERGE_PATCH_TYPES)
  @ApiHeader(IF_MATCH_HEADER)
  @ApiOkResponse({ type: UserDto, headers: ETAG_HEADER })
  @ApiProblems('auth.invalid_credentials', 'user.email_taken', 'user.username_taken', 'request.precondition_failed', 'request.rate_limited', 'request.outcome_unknown')
  async updateMe(
    @CurrentUser() me: Principal,
    @Body() patch: OwnProfilePatchDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto> {
    const user = await this.profile.change({ me, meta: requestMeta(request), ifMatch }, patch);
    return tagged(reply, user.etag, user.dto);
  }

  /** Erase one's own account: every session, the avatar and all personal data. */
  @Delete()
  @HttpCode(204)
  @ApiBody({ type: AccountDeletionDto })
  @ApiNoContentResponse()
  @ApiProblems('auth.invalid_credentials', 'user.last_admin', 'request.rate_limited', 'request.outcome_unknown')
  deleteMe(@CurrentUser() me: Principal, @Body() { currentPassword }: AccountDeletionDto, @Req() request: FastifyRequest): Promise<void> {
    return this.profile.remove({ me, currentPassword, meta: requestMeta(request) });
  }

  /** The same as DELETE, for clients that cannot send a body with it. */
  @Post('deletion')
  @HttpCode(204)
  @ApiNoContentResponse()
  @ApiProblems('auth.invalid_credentials', 'user.last_admin', 'request.rate_limited', 'request.outcome_unknown')
  requestMyDeletion(@CurrentUser() me: Principal, @Body() { currentPassword }: AccountDeletionDto, @Req() request: FastifyRequest): Promise<void> {
    return this.profile.remove({ me, currentPassword, meta: requestMeta(request) });
  }
}
