import { Controller, Get, Param, Req, Res } from '@nestjs/common';
import { ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ApiProblems, CachePolicy, Embeddable, Public } from '../../../kernel/http/index.js';
import { ApiPictureResponse } from '../avatars.openapi.js';
import { GravatarService } from './gravatar.service.js';

const optional = (name: string, description: string): MethodDecorator => ApiQuery({ name, required: false, description, schema: { type: 'string' } });

/** For programs that speak the Gravatar or Libravatar protocol. */
@ApiTags('avatars')
@Controller('avatar')
export class GravatarController {
  constructor(private readonly gravatar: GravatarService) {}

  /** The picture of whoever has this verified address and has opted in; for anybody else what `d` says. Off unless GRAVATAR is on. */
  @Get(':hash')
  @Public()
  @CachePolicy('publicNoCache')
  @Embeddable()
  @ApiParam({
    name: 'hash',
    description: 'MD5 or SHA-256 (hex) of the trimmed, lower-cased address; with `.jpg`, `.png`, `.webp` or `.avif` for that format, else PNG.',
    schema: { type: 'string' },
    example: '84059b07d4be67b806386c0aad8070a23f18836bbaae342275dc0a83414c32ee',
  })
  @optional('s', 'Side in pixels (also `size`), 80 unless given; the nearest larger of 32, 64, 128, 256 and 512 is given, over 512 it is 512.')
  @optional('d', 'What to show for anybody else (also `default`): `404`, `mp`, `identicon`, `monsterid`, `retro`, `blank`, `initials` (with `name`), or a URL of GRAVATAR_DEFAULT_ORIGINS.')
  @optional('f', '`y`: what `d` says in any case (also `forcedefault`).')
  @optional('r', 'Rating; taken and not looked at: pictures have none here.')
  @ApiPictureResponse()
  @ApiResponse({ status: 302, description: 'To the URL that `d` names.', headers: { Location: { schema: { type: 'string', format: 'uri' } } } })
  @ApiProblems('request.not_found', 'avatar.not_found', 'avatar.storage_unavailable', 'avatar.busy')
  showByEmail(@Param('hash') hash: string, @Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Promise<Buffer | undefined> {
    return this.gravatar.answer(hash, request, reply);
  }
}
