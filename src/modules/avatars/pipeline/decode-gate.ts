import { avatarBusy } from '../avatars.errors.js';

/** Uploads hold their bytes while they wait, variants hold nothing: each has its own queue, and neither starves the other. */
export type GateLane = 'upload' | 'variant';

interface Lane {
  readonly limit: number;
  readonly waiting: (() => void)[];
  running: number;
}

/**
 * So many tasks at once over both lanes, and of each lane no more than `perLane`; so many more may wait in each; beyond that it refuses with `avatar.busy`
 * (503). One variant may always be made, beside any number of uploads: those can take seconds. With fewer cores than tasks, more of one lane are done no sooner side by side, and everything else waits for all of them; a picture that
 * takes seconds still keeps nobody of the other lane waiting (docs/decisions/0024).
 */
export class DecodeGate {
  private readonly lanes: Readonly<Record<GateLane, Lane>>;
  private lastServed: GateLane = 'variant';

  constructor(
    private readonly concurrency: number,
    queueLimits: Readonly<Record<GateLane, number>>,
    private readonly perLane = concurrency,
  ) {
    this.lanes = { upload: { limit: queueLimits.upload, waiting: [], running: 0 }, variant: { limit: queueLimits.variant, waiting: [], running: 0 } };
  }

  async run<T>(name: GateLane, task: () => Promise<T>): Promise<T> {
    const lane = this.lanes[name];
    await this.enter(name);
    try {
      return await task();
    } finally {
      this.leave(lane);
    }
  }

  private async enter(name: GateLane): Promise<void> {
    const lane = this.lanes[name];
    if (this.hasRoom(name)) {
      lane.running += 1;
      return;
    }
    if (lane.waiting.length >= lane.limit) throw avatarBusy();
    await new Promise<void>((resolve) => lane.waiting.push(resolve)); // counted in by whoever leaves
  }

  private leave(lane: Lane): void {
    lane.running -= 1;
    const order: GateLane[] = this.lastServed === 'upload' ? ['variant', 'upload'] : ['upload', 'variant'];
    // One at most: a place was given back, in all and in one lane.
    const next = order.find((each) => this.lanes[each].waiting.length > 0 && this.hasRoom(each));
    if (!next) return;
    this.lastServed = next;
    this.lanes[next].running += 1;
    this.lanes[next].waiting.shift()!();
  }

  private hasRoom(name: GateLane): boolean {
    const { upload, variant } = this.lanes;
    if (name === 'variant' && variant.running === 0) return true;
    return upload.running + variant.running < this.concurrency && this.lanes[name].running < this.perLane;
  }
}
