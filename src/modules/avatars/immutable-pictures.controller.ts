import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiParam, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems, CachePolicy, Embeddable, PublicWhere, TakesShortWay } from '../../kernel/http/index.js';
import { PictureGate } from './access/picture-gate.js';
import { ApiPictureResponse, ApiSignature } from './avatars.openapi.js';
import { ImmutablePictureShortWay } from './showing/picture.short-ways.js';
import { PictureResponder } from './showing/picture-responder.js';

/** Pictures under the name of their bytes, which never change. */
@ApiTags('avatars')
@Controller('v1/avatars')
export class ImmutablePicturesController {
  constructor(private readonly responder: PictureResponder) {}

  /** A picture by its digest. Whatever is not there is 404, and never kept. */
  @Get(':digest/:file')
  @PublicWhere(PictureGate)
  @CachePolicy('immutable')
  @Embeddable()
  @TakesShortWay(ImmutablePictureShortWay)
  @ApiParam({ name: 'digest', description: 'As `avatar.version` names it.', schema: { type: 'string' }, example: 'g1-0f3c5a2b9d8e7f601122334455667788' })
  @ApiParam({
    name: 'file',
    description: 'Side in pixels (32, 64, 128, 256, 512) and format (webp, avif, png, jpeg): `256.webp`.',
    schema: { type: 'string' },
    example: '256.webp',
  })
  @ApiSignature()
  @ApiPictureResponse()
  @ApiProblems('avatar.not_found', 'avatar.link_invalid', 'avatar.link_expired', 'avatar.storage_unavailable', 'avatar.busy')
  showByDigest(@Param('digest') digest: string, @Param('file') file: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer | undefined> {
    return this.responder.immutable(digest, file, request, reply);
  }
}
