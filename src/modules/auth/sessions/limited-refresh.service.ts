import { Injectable } from '@nestjs/common';
import type { RequestMeta } from '../../../kernel/http/index.js';
import { Limits, type Charge } from '../../../kernel/limits/index.js';
import type { TokensDto } from '../accounts/tokens.dto.js';
import { RefreshService } from './refresh.service.js';

const chargesOf = (refreshToken: string): readonly Charge[] => [['refresh-token', refreshToken], ['refresh-address']];

/** Refresh as clients reach it. Only refusals are counted: of the token, which a client may be stuck with, and of the address. */
@Injectable()
export class LimitedRefresh {
  constructor(
    private readonly refreshing: RefreshService,
    private readonly limits: Limits,
  ) {}

  /** The ordinary case alone (`RefreshService.rotate`): null, and nothing was counted or touched, for every other. */
  rotate(refreshToken: string, meta: RequestMeta): Promise<TokensDto | null> {
    const room = this.limits.roomFor(meta, chargesOf(refreshToken));
    return room ? this.refreshing.rotate(refreshToken, meta, room) : Promise.resolve(null);
  }

  refresh(refreshToken: string, meta: RequestMeta): Promise<TokensDto> {
    return this.limits.attempt(meta, chargesOf(refreshToken), () => this.refreshing.refresh(refreshToken, meta));
  }
}
