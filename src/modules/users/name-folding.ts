import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { HourlyPruner } from '../../kernel/database/index.js';
import { UserWrites } from './user-writes.js';

const ROWS_PER_BATCH = 1_000;

/**
 * Folds the names of accounts that an older version of the service wrote: all of them at the first start after the upgrade, and what instances of the
 * older version write while others are upgraded within the hour.
 */
@Injectable()
export class NameFolding extends HourlyPruner implements OnModuleInit {
  private readonly log = new Logger(NameFolding.name);

  constructor(private readonly writes: UserWrites) {
    super();
  }

  async onModuleInit(): Promise<void> {
    try {
      let total = 0;
      for (let rows = ROWS_PER_BATCH; rows === ROWS_PER_BATCH; total += rows) rows = await this.prune(ROWS_PER_BATCH);
      if (total > 0) this.log.log(`Folded the names of ${total} accounts for the search`);
    } catch (error) {
      // The schema may be older still (MIGRATE_ON_START=off): readiness says so.
      this.log.warn(`Names were not folded: ${error instanceof Error ? error.message : 'unknown fault'}`);
    }
  }

  protected async prune(limit: number): Promise<number> {
    const { rows, collisions } = await this.writes.foldNames(limit);
    for (const [userId, otherId] of collisions) {
      this.log.warn(`Accounts ${userId} and ${otherId} have one e-mail address in two spellings: only ${otherId} can sign in by it. Change or delete one of them (docs/search.md)`);
    }
    return rows;
  }
}
