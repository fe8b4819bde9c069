import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { UsersService } from '../../users/index.js';
import { GeneratedLeftoversRepository } from '../keeping/generated-leftovers.repository.js';
import { PictureBytes } from '../storage/picture-bytes.js';
import type { SweepTally } from './sweep-report.js';

/** They can be drawn again from a name, and a name costs nothing: a day is enough for pages that still show the old one. */
const MAX_GRACE_SECONDS = 86_400;

/** Generated pictures of names that nobody has any more. They can be drawn again, so nothing is lost whenever they go. */
@Injectable()
export class GeneratedRemains {
  constructor(
    private readonly bytes: PictureBytes,
    private readonly leftovers: GeneratedLeftoversRepository,
    private readonly users: UsersService,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Of these keys, which the store has pictures of, those that no user is shown with: noted at first, removed when the grace is over. */
  async sweep(keys: readonly string[], tally: SweepTally): Promise<void> {
    const used = new Set(await this.users.generatedKeysInUse(keys));
    const unused = keys.filter((key) => !used.has(key));
    const ttlSeconds = Math.min(this.config.avatars.supersededTtlSeconds, MAX_GRACE_SECONDS);
    if (!tally.dryRun) {
      await this.leftovers.forget([...used]);
      await this.leftovers.note(unused);
    }
    const overdue = await this.leftovers.overdueAmong(unused, ttlSeconds);
    tally.count('generated', overdue.length);
    if (tally.dryRun) return;
    for (const key of overdue) await this.bytes.eraseGenerated(key);
    await this.leftovers.forget(overdue);
  }
}
