import { Injectable } from '@nestjs/common';
import { HourlyPruner } from '../../../kernel/database/index.js';
import { OneTimeTokens } from './one-time-tokens.repository.js';

/** The tokens that nobody used in time. */
@Injectable()
export class ExpiredOneTimeTokensPruner extends HourlyPruner {
  constructor(private readonly tokens: OneTimeTokens) {
    super();
  }

  protected override prune(limit: number): Promise<number> {
    return this.tokens.prune(limit);
  }
}
