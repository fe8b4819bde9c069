import { Injectable } from '@nestjs/common';
import type { RequestMeta } from '../../../kernel/http/index.js';
import { Limits } from '../../../kernel/limits/index.js';
import type { TokensDto } from '../accounts/tokens.dto.js';
import { RefreshService } from './refresh.service.js';

/** Refresh as clients reach it. Only refusals are counted: of the token, which a client may be stuck with, and of the address. */
@Injectable()
export class LimitedRefresh {
  constructor(
    private readonly refreshing: RefreshService,
    private readonly limits: Limits,
  ) {}

  refresh(refreshToken: string, meta: RequestMeta): Promise<TokensDto> {
    return this.limits.attempt(meta, [['refresh-token', refreshToken], ['refresh-address']], () => this.refreshing.refresh(refreshToken, meta));
  }
}
