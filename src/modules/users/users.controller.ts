import { Body, Controller, Get, HttpCode, Post, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiExtraModels, ApiOkResponse, ApiTags, getSchemaPath } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { AcceptsScope, ApiProblems, CachePolicy, CurrentUser, UuidParam, type Principal } from '../../kernel/http/index.js';
import { DirectoryService } from './directory.service.js';
import { PublicUserDto } from './public-user.dto.js';
import { tagged } from './tagged.js';
import { ETAG_HEADER } from './user-docs.js';
import { UserLookupDto, UserLookupResultDto } from './user-lookup.dto.js';
import { UserDto } from './user.dto.js';

@ApiTags('users')
@ApiBearerAuth()
@ApiExtraModels(UserDto, PublicUserDto)
@Controller('v1/users')
export class UsersController {
  constructor(private readonly directory: DirectoryService) {}

  /** A user: the whole for oneself and for admins, the public view for others. */
  @Get(':id')
  @AcceptsScope('users:read')
  @CachePolicy('privateTagged')
  @ApiOkResponse({ schema: { anyOf: [{ $ref: getSchemaPath(UserDto) }, { $ref: getSchemaPath(PublicUserDto) }] }, headers: ETAG_HEADER })
  @ApiProblems('user.not_found')
  async getUser(
    @UuidParam('id') id: string,
    @CurrentUser() me: Principal,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<UserDto | PublicUserDto> {
    const { etag, body } = await this.directory.view(id, me);
    return tagged(reply, etag, body);
  }

  /** The public views of up to 100 users at once. */
  @Post('lookup')
  @AcceptsScope('users:read')
  @HttpCode(200)
  @ApiOkResponse({ type: UserLookupResultDto })
  lookupUsers(@Body() { ids }: UserLookupDto): Promise<UserLookupResultDto> {
    return this.directory.lookup(ids);
  }
}
