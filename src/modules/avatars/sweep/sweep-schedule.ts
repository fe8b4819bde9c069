import { Inject, Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { AvatarUsesRepository } from '../keeping/avatar-uses.repository.js';
import { AvatarSweep } from './avatar-sweep.js';

/** setTimeout cannot wait longer. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** Sweeps every AVATAR_SWEEP_INTERVAL_SECONDS; of several instances that come to it at once, one does it. */
@Injectable()
export class SweepSchedule implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('AvatarSweep');
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly sweep: AvatarSweep,
    private readonly uses: AvatarUsesRepository,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  onApplicationBootstrap(): void {
    const intervalMs = this.config.avatars.sweepIntervalSeconds * 1000;
    if (intervalMs > 0) this.timer = setInterval(() => void this.tick(), Math.min(intervalMs, MAX_DELAY_MS)).unref();
  }

  beforeApplicationShutdown(): void {
    clearInterval(this.timer);
  }

  private async tick(): Promise<void> {
    try {
      const report = await this.uses.unlessSweeping(() => this.sweep.run({ dryRun: false }));
      if (!report) return;
      const { missing, missingKeys, ...counts } = report;
      this.logger.log(`swept: ${JSON.stringify(counts)}`);
      if (missing > 0) this.logger.error(`${missing} pictures that users are shown with are not in the store, among them ${missingKeys.slice(0, 10).join(', ')}`);
    } catch (error) {
      this.logger.warn(`the sweep failed, and is tried again later: ${String(error)}`);
    }
  }
}
