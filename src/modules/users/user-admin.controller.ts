import { Body, Controller, Delete, Get, Headers, HttpCode, Patch, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiConsumes, ApiCreatedResponse, ApiHeader, ApiNoContentResponse, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AcceptsScope, AdminOnly, anything, ApiProblems, CachePolicy, UuidParam } from '../../kernel/http/index.js';
import { CurrentCall, Idempotency, Idempotent, type IdempotentCall } from '../../kernel/idempotency/index.js';
import { NewUserDto } from './new-user.dto.js';
import { tagged } from './tagged.js';
import { UserAdminService } from './user-admin.service.js';
import { ETAG_HEADER, IF_MATCH_HEADER, LOCATION_HEADER, MERGE_PATCH_TYPES } from './user-docs.js';
import { UserPageDto, UserPageQueryDto } from './user-page.dto.js';
import { UserPatchDto } from './user-patch.dto.js';
import { UserDto } from './user.dto.js';

/** Not for keys: whoever can make an admin can sign in as one. */
const namesAdmin = (roles: unknown): boolean => Array.isArray(roles) && roles.includes('admin');

@ApiTags('users')
@ApiBearerAuth()
@AdminOnly()
@Controller('v1/users')
export class UserAdminController {
  constructor(
    private readonly admin: UserAdminService,
    private readonly idempotency: Idempotency,
  ) {}

  /** All users, in order of creation. */
  @Get()
  @AcceptsScope('users:read')
  @ApiOkResponse({ type: UserPageDto })
  @ApiProblems('auth.forbidden')
  listUsers(@Query() query: UserPageQueryDto): Promise<UserPageDto> {
    return this.admin.page(query);
  }

  /** Make an account for somebody else. */
  @Post()
  @Idempotent()
  @CachePolicy('noStoreTagged')
  @AcceptsScope('users:write', { roles: namesAdmin })
  @ApiCreatedResponse({ type: UserDto, headers: { ...ETAG_HEADER, ...LOCATION_HEADER } })
  @ApiProblems('auth.forbidden', 'user.email_taken', 'user.username_taken', 'user.external_id_taken', 'request.outcome_unknown')
  async createUser(@Body() body: NewUserDto, @CurrentCall() call: IdempotentCall, @Res({ passthrough: true }) reply: FastifyReply): Promise<UserDto> {
    const user = await this.idempotency.run(call, 'plain', (attempt) => this.admin.create(body, attempt));
    reply.header('location', user.url);
    return tagged(reply, user.etag, user.dto);
  }

  /** Change any account: a JSON merge patch (RFC 7396). Disabling it ends every session at once. */
  @Patch(':id')
  @CachePolicy('noStoreTagged')
  @AcceptsScope('users:write', { email: anything, emailVerified: anything, roles: namesAdmin })
  @ApiConsumes(...MERGE_PATCH_TYPES)
  @ApiHeader(IF_MATCH_HEADER)
  @ApiOkResponse({ type: UserDto, headers: ETAG_HEADER })
  @ApiProblems('auth.forbidden', 'user.not_found', 'user.email_taken', 'user.username_taken', 'user.external_id_taken', 'user.last_admin')
  @ApiProblems('request.precondition_failed', 'request.outcome_unknown')
  async updateUser(
    @UuidParam('id') id: string,
    @Body() patch: UserPatchDto,
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto> {
    const user = await this.admin.change(id, patch, ifMatch);
    return tagged(reply, user.etag, user.dto);
  }

  /** Erase an account: every session, the avatar and all personal data. */
  @Delete(':id')
  @HttpCode(204)
  @ApiNoContentResponse()
  @ApiProblems('auth.forbidden', 'user.not_found', 'user.last_admin', 'request.outcome_unknown')
  deleteUser(@UuidParam('id') id: string): Promise<void> {
    return this.admin.remove(id);
  }
}
