import { avatarBusy } from '../avatars.errors.js';

/** Uploads hold their bytes while they wait, variants hold nothing: each has its own queue, and neither starves the other. */
export type GateLane = 'upload' | 'variant';

interface Lane {
  readonly limit: number;
  readonly waiting: (() => void)[];
}

/** So many tasks at once over both lanes; so many more may wait in each; beyond that it refuses with `avatar.busy` (503). */
export class DecodeGate {
  private running = 0;
  private readonly lanes: Readonly<Record<GateLane, Lane>>;
  private lastServed: GateLane = 'variant';

  constructor(
    private readonly concurrency: number,
    queueLimits: Readonly<Record<GateLane, number>>,
  ) {
    this.lanes = { upload: { limit: queueLimits.upload, waiting: [] }, variant: { limit: queueLimits.variant, waiting: [] } };
  }

  async run<T>(lane: GateLane, task: () => Promise<T>): Promise<T> {
    await this.enter(this.lanes[lane]);
    try {
      return await task();
    } finally {
      this.leave();
    }
  }

  private async enter(lane: Lane): Promise<void> {
    if (this.running < this.concurrency) {
      this.running += 1;
      return;
    }
    if (lane.waiting.length >= lane.limit) throw avatarBusy();
    await new Promise<void>((resolve) => lane.waiting.push(resolve)); // leave() hands its place over
  }

  private leave(): void {
    const order: GateLane[] = this.lastServed === 'upload' ? ['variant', 'upload'] : ['upload', 'variant'];
    const lane = order.find((each) => this.lanes[each].waiting.length > 0);
    if (!lane) {
      this.running -= 1;
      return;
    }
    this.lastServed = lane;
    this.lanes[lane].waiting.shift()!();
  }
}
