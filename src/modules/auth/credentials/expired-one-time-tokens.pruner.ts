import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { OneTimeTokens } from './one-time-tokens.repository.js';

const PASS_EVERY_MS = 3_600_000;
const ROWS_PER_BATCH = 1_000;
/** What one pass leaves behind, the next one takes; meanwhile no expired row is honoured. */
const MAX_BATCHES = 100;

/** Hourly removes the tokens that nobody used in time; any number of instances at once. */
@Injectable()
export class ExpiredOneTimeTokensPruner implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger(ExpiredOneTimeTokensPruner.name);
  private timer: NodeJS.Timeout | undefined;
  private pass: Promise<void> = Promise.resolve();

  constructor(private readonly tokens: OneTimeTokens) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.pass = this.runPass();
    }, PASS_EVERY_MS);
    this.timer.unref();
  }

  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.pass;
  }

  private async runPass(): Promise<void> {
    try {
      for (let batch = 0; batch < MAX_BATCHES && (await this.tokens.prune(ROWS_PER_BATCH)) === ROWS_PER_BATCH; batch += 1);
    } catch (error) {
      this.logger.warn(`Expired one-time tokens stay until the next pass: ${error instanceof Error ? error.message : 'unknown fault'}`);
    }
  }
}
