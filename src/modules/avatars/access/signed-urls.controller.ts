import { Body, Controller, HttpCode, Post } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems, CurrentSession, type SessionPrincipal } from '../../../kernel/http/index.js';
import { SignedUrlsDto, SignedUrlsRequestDto } from './signed-urls.dto.js';
import { SignedUrlsService } from './signed-urls.service.js';

@ApiTags('avatars')
@Controller('v1/avatars')
export class SignedUrlsController {
  constructor(private readonly urls: SignedUrlsService) {}

  /** Where access is private: URLs of up to 100 users’ pictures that work without a token until they expire. A token without refresh makes none that live longer than itself. */
  @Post('urls')
  @HttpCode(200)
  @ApiOkResponse({ type: SignedUrlsDto })
  @ApiProblems('request.not_found')
  signUrls(@CurrentSession() session: SessionPrincipal, @Body() { ids, format }: SignedUrlsRequestDto): Promise<SignedUrlsDto> {
    return this.urls.sign(session, ids, format);
  }
}
