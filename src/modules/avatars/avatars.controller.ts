import { Controller, Delete, Get, Headers, HttpCode, Put, Redirect, Req, Res, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { AcceptsScope, ApiProblems, CachePolicy, CurrentUser, Embeddable, Negotiates, PublicWhere, RawBody, TakesShortWay, UuidParam, type Principal } from '../../kernel/http/index.js';
import { AvatarDto } from '../users/index.js';
import { PictureGate } from './access/picture-gate.js';
import { ApiPictureChoice, ApiPictureCondition, ApiPictureQuery, ApiPictureResponse, ApiPictureUpload, UPLOAD_PROBLEMS } from './avatars.openapi.js';
import { AvatarsService } from './avatars.service.js';
import { CurrentPictureShortWay } from './showing/picture.short-ways.js';
import { PictureResponder } from './showing/picture-responder.js';
import type { Upload } from './upload/body-reader.js';
import { PictureOwnerGuard } from './upload/picture-owner.guard.js';
import { UploadedPicture, UploadedPictureInterceptor } from './upload/uploaded-picture.interceptor.js';

/** What a user is shown with. */
@ApiTags('avatars')
@Controller('v1/users')
export class AvatarsController {
  constructor(
    private readonly avatars: AvatarsService,
    private readonly responder: PictureResponder,
  ) {}

  /** Put my picture. Once this has answered, nobody is shown the old one. */
  @Put('me/avatar')
  @AcceptsScope('avatars:write')
  @RawBody()
  @UseInterceptors(UploadedPictureInterceptor)
  @ApiPictureUpload()
  @ApiOkResponse({ type: AvatarDto })
  @ApiProblems(...UPLOAD_PROBLEMS)
  putMine(@CurrentUser() me: Principal, @UploadedPicture() upload: Upload, @Headers('If-Match') ifMatch?: string): Promise<AvatarDto> {
    return this.avatars.put(me.userId, upload, ifMatch);
  }

  /** Remove my picture; the generated one is shown again. */
  @Delete('me/avatar')
  @AcceptsScope('avatars:write')
  @HttpCode(204)
  @ApiPictureCondition()
  @ApiProblems('request.precondition_failed', 'request.outcome_unknown')
  removeMine(@CurrentUser() me: Principal, @Headers('If-Match') ifMatch?: string): Promise<void> {
    return this.avatars.remove(me.userId, ifMatch);
  }

  /** Where my picture is, in the size and format asked for. Never the bytes: one URL with everybody's bytes gets into caches. */
  @Get('me/avatar')
  @Redirect()
  @ApiResponse({ status: 307, description: 'To the stable URL of the caller’s own picture.', headers: { Location: { schema: { type: 'string', format: 'uri' } } } })
  @ApiPictureChoice()
  findMine(@CurrentUser() me: Principal, @Req() request: FastifyRequest): { url: string; statusCode: number } {
    return { url: this.responder.addressOf(me.userId, request), statusCode: 307 };
  }

  /** Put a user’s picture: the user’s own, or an admin. */
  @Put(':id/avatar')
  @AcceptsScope('avatars:write')
  @RawBody()
  @UseGuards(PictureOwnerGuard)
  @UseInterceptors(UploadedPictureInterceptor)
  @ApiPictureUpload()
  @ApiOkResponse({ type: AvatarDto })
  @ApiProblems('auth.forbidden', 'user.not_found', ...UPLOAD_PROBLEMS)
  put(@UuidParam('id') id: string, @UploadedPicture() upload: Upload, @Headers('If-Match') ifMatch?: string): Promise<AvatarDto> {
    return this.avatars.put(id, upload, ifMatch);
  }

  /** Remove a user’s picture: the user’s own, or an admin. */
  @Delete(':id/avatar')
  @AcceptsScope('avatars:write')
  @HttpCode(204)
  @UseGuards(PictureOwnerGuard)
  @ApiPictureCondition()
  @ApiProblems('auth.forbidden', 'user.not_found', 'request.precondition_failed', 'request.outcome_unknown')
  remove(@UuidParam('id') id: string, @Headers('If-Match') ifMatch?: string): Promise<void> {
    return this.avatars.remove(id, ifMatch);
  }

  /** What a user is shown with now. Caches keep it and ask each time: it is never stale. */
  @Get(':id/avatar')
  @PublicWhere(PictureGate)
  @CachePolicy('publicNoCache')
  @Embeddable()
  @Negotiates()
  @TakesShortWay(CurrentPictureShortWay)
  @ApiPictureQuery()
  @ApiPictureResponse()
  @ApiProblems('user.not_found', 'request.not_acceptable', 'avatar.storage_unavailable', 'avatar.busy')
  show(@UuidParam('id') id: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer | undefined> {
    return this.responder.current(id, request, reply);
  }
}
