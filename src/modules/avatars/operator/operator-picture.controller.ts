import { Controller, Delete, Get, HttpCode, Inject, Put, UseInterceptors } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { AcceptsScope, AdminOnly, ApiProblems, RawBody } from '../../../kernel/http/index.js';
import { ApiPictureBody, PICTURE_PROBLEMS } from '../avatars.openapi.js';
import type { Upload } from '../upload/body-reader.js';
import { UploadedPicture, UploadedPictureInterceptor } from '../upload/uploaded-picture.interceptor.js';
import { OperatorPictureDto } from './operator-picture.dto.js';
import { OperatorPicture } from './operator-picture.service.js';

/** The picture of all users who have put none; admins only. */
@ApiTags('avatars')
@AdminOnly()
@Controller('v1/avatars/default')
export class OperatorPictureController {
  constructor(
    private readonly picture: OperatorPicture,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** The default picture that is set. */
  @Get()
  async findDefault(): Promise<OperatorPictureDto> {
    return this.told(await this.picture.current());
  }

  /** Set the default picture. Once this has answered, no user without a picture is shown with the one before, or with initials. */
  @Put()
  @AcceptsScope('avatars:write')
  @RawBody()
  @UseInterceptors(UploadedPictureInterceptor)
  @ApiPictureBody()
  @ApiOkResponse({ type: OperatorPictureDto })
  @ApiProblems(...PICTURE_PROBLEMS)
  async putDefault(@UploadedPicture() upload: Upload): Promise<OperatorPictureDto> {
    return this.told(await this.picture.put(upload));
  }

  /** Remove the default picture; users without one are shown with their initials. */
  @Delete()
  @AcceptsScope('avatars:write')
  @HttpCode(204)
  @ApiProblems('request.outcome_unknown')
  removeDefault(): Promise<void> {
    return this.picture.remove();
  }

  private told(key: string | null): OperatorPictureDto {
    return OperatorPictureDto.from(key, this.picture.isShown, this.config.http.publicUrl);
  }
}
