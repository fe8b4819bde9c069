import { Controller, Get } from '@nestjs/common';
import { ApiOkResponse, ApiTags } from '@nestjs/swagger';
import { ApiProblems, CachePolicy, Public } from '../../../kernel/http/index.js';
import { JwksDto } from './jwks.dto.js';
import { SigningKeys } from './signing-keys.service.js';

@ApiTags('well-known')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly keys: SigningKeys) {}

  /** The public keys that verify access tokens (RFC 7517). */
  @Get('jwks.json')
  @Public()
  @CachePolicy('jwks')
  @ApiOkResponse({ type: JwksDto })
  @ApiProblems()
  jwks(): JwksDto {
    return this.keys.jwks() as JwksDto;
  }
}
