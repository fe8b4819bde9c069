import { Inject, Injectable, Logger } from '@nestjs/common';
import { Clock } from '../../../kernel/clock/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { Transactions } from '../../../kernel/database/index.js';
import { UsersService } from '../../users/index.js';
import { AvatarUsesRepository } from '../keeping/avatar-uses.repository.js';
import { PictureBytes } from '../storage/picture-bytes.js';
import type { SweepTally } from './sweep-report.js';

/** Bytes that no row names may belong to an upload under way: they are nobody's when they were not written for this long. */
const ORPHAN_AGE_MS = 24 * 3600 * 1000;

const PAGE = 500;

/**
 * What uploads leave behind. Every removal is decided again under the key's lock: whoever begins to use a key holds that
 * lock, and looks under it whether the bytes are there.
 */
@Injectable()
export class UploadedRemains {
  private readonly logger = new Logger('AvatarSweep');

  constructor(
    private readonly bytes: PictureBytes,
    private readonly uses: AvatarUsesRepository,
    private readonly users: UsersService,
    private readonly transactions: Transactions,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Pictures that everybody who had them has replaced, longer ago than the grace. */
  async sweepSuperseded(tally: SweepTally): Promise<void> {
    const ttlSeconds = this.config.avatars.supersededTtlSeconds;
    for (let keys = await this.uses.supersededKeysAfter('', ttlSeconds, PAGE); keys.length > 0; keys = await this.uses.supersededKeysAfter(keys.at(-1)!, ttlSeconds, PAGE)) {
      tally.count('examined', keys.length);
      await this.each(keys, tally, async (key) => ((await this.removeSuperseded(key, ttlSeconds, tally.dryRun)) ? tally.count('superseded') : undefined));
      tally.tell();
    }
  }

  /** Of these keys, which the store has bytes of, those that no row names. */
  async sweepOrphans(keys: readonly string[], tally: SweepTally): Promise<void> {
    const known = new Set(await this.uses.knownAmong(keys));
    const suspects = keys.filter((key) => !known.has(key));
    await this.each(suspects, tally, async (key) => ((await this.removeOrphan(key, tally.dryRun)) ? tally.isOrphan(key) : undefined));
  }

  /** Rows whose picture is not in the store. */
  async findMissing(tally: SweepTally): Promise<void> {
    for (let keys = await this.uses.keptKeysAfter('', PAGE); keys.length > 0; keys = await this.uses.keptKeysAfter(keys.at(-1)!, PAGE)) {
      tally.count('examined', keys.length);
      await this.each(keys, tally, async (key) => {
        // Twice, for it may have been replaced and swept in between.
        if (!(await this.bytes.hasSource(key)) && (await this.uses.keptAmong([key])).length > 0) tally.isMissing(key);
      });
      tally.tell();
    }
  }

  isOld(writtenAtMs: number | null): boolean {
    return writtenAtMs === null || this.clock.now().getTime() - writtenAtMs > ORPHAN_AGE_MS;
  }

  private removeSuperseded(key: string, ttlSeconds: number, dryRun: boolean): Promise<boolean> {
    return this.transactions.run(async (manager) => {
      await this.uses.lockExclusive(manager, key);
      if (dryRun) return !(await this.uses.isKeptBeyond(manager, key, ttlSeconds)) && !(await this.users.isPictureNamed(key));
      await this.uses.forgetSuperseded(manager, key, ttlSeconds);
      // An erasure that is still to come has its own way, which does not wait for others.
      if ((await this.uses.isKept(manager, key)) || (await this.users.isPictureNamed(key))) return false;
      await this.bytes.erase(key);
      return true;
    });
  }

  private removeOrphan(key: string, dryRun: boolean): Promise<boolean> {
    return this.transactions.run(async (manager) => {
      await this.uses.lockExclusive(manager, key);
      const isNamed = (await this.uses.isKnown(manager, key)) || (await this.users.isPictureNamed(key));
      if (isNamed || !this.isOld(await this.bytes.sourceWrittenAt(key))) return false;
      if (!dryRun) await this.bytes.erase(key);
      return true;
    });
  }

  /** One that fails does not keep the others waiting until the next sweep. */
  private async each(keys: readonly string[], tally: SweepTally, work: (key: string) => Promise<void>): Promise<void> {
    for (const key of keys) {
      await work(key).catch((error: unknown) => {
        tally.count('failed');
        this.logger.warn(`${key}: ${String(error)}`);
      });
    }
  }
}
