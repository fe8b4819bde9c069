import { Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';

const PASS_EVERY_MS = 3_600_000;
const ROWS_PER_BATCH = 1_000;

/** Hourly removes all rows that are over, in batches, however many came in an hour; any number of instances at once. */
export abstract class HourlyPruner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(this.constructor.name);
  private timer: NodeJS.Timeout | undefined;
  private pass: Promise<void> = Promise.resolve();
  private isStopping = false;

  /** Removes up to `limit` rows that are over; answers how many. */
  protected abstract prune(limit: number): Promise<number>;

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      this.pass = this.runPass();
    }, PASS_EVERY_MS);
    this.timer.unref();
  }

  /** Lets the batch that runs end, and starts none after it. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearInterval(this.timer);
    await this.pass;
  }

  private async runPass(): Promise<void> {
    try {
      while (!this.isStopping && (await this.prune(ROWS_PER_BATCH)) === ROWS_PER_BATCH);
    } catch (error) {
      this.logger.warn(`What is over stays until the next pass: ${error instanceof Error ? error.message : 'unknown fault'}`);
    }
  }
}
