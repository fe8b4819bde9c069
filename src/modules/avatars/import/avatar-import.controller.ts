import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiBearerAuth, ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { AcceptsScope, AdminOnly, ApiProblems, UuidParam } from '../../../kernel/http/index.js';
import { AvatarDto } from '../../users/index.js';
import { AvatarImportDto } from './avatar-import.dto.js';
import { PictureImport } from './picture-import.service.js';

/** Pictures that an admin points at. */
@ApiTags('avatars')
@ApiBearerAuth()
@AdminOnly()
@Controller('v1/users')
export class AvatarImportController {
  constructor(private readonly pictures: PictureImport) {}

  /** Put the picture at this URL for a user. It is fetched once, within ten seconds, and then treated as an upload. */
  @Post(':id/avatar/import')
  @AcceptsScope('avatars:write')
  @HttpCode(200)
  @ApiOkResponse({ type: AvatarDto })
  @ApiProblems('auth.forbidden', 'user.not_found', 'avatar.import_failed', 'avatar.too_large', 'avatar.unsupported_type', 'avatar.not_an_image')
  @ApiProblems('avatar.too_many_pixels', 'avatar.too_many_frames', 'avatar.busy', 'avatar.storage_unavailable', 'request.outcome_unknown')
  importAvatar(@UuidParam('id') id: string, @Body() { url }: AvatarImportDto): Promise<AvatarDto> {
    return this.pictures.fromUrl(id, url);
  }
}
