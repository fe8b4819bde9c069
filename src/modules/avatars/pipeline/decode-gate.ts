import { FairLine, type Turn } from '../../../kernel/fair-queue/index.js';
import { avatarBusy } from '../avatars.errors.js';

/** Uploads hold their bytes while they wait, variants hold nothing: each has its own queue, and neither starves the other. */
export type GateLane = 'upload' | 'variant';

interface Lane {
  readonly waiting: FairLine;
  running: number;
}

/** Of those that wait to be shown something, one caller may be this share. Uploads wait with their bytes, few at a time; there the greediest makes room. */
const SHARE_OF_ONE = { upload: 1, variant: 0.25 } as const;

const laneOf = (name: GateLane, limit: number): Lane => ({ waiting: new FairLine({ waiting: limit, waitingPerCaller: Math.ceil(limit * SHARE_OF_ONE[name]) }, avatarBusy), running: 0 });

/** Where nobody in particular asks. */
const ANYBODY: Turn = { caller: '', rank: 0 };

/**
 * So many tasks at once over both lanes, and of each lane no more than `perLane`; so many more may wait in each, callers in turn; beyond that it refuses with
 * `avatar.busy` (503). One variant may always be made, beside any number of uploads: those can take seconds. With fewer cores than tasks, more of one lane are
 * done no sooner side by side, and everything else waits for all of them (docs/decisions/0024).
 */
export class DecodeGate {
  private readonly lanes: Readonly<Record<GateLane, Lane>>;
  private lastServed: GateLane = 'variant';

  constructor(
    private readonly concurrency: number,
    queueLimits: Readonly<Record<GateLane, number>>,
    private readonly perLane = concurrency,
  ) {
    this.lanes = { upload: laneOf('upload', queueLimits.upload), variant: laneOf('variant', queueLimits.variant) };
  }

  async run<T>(name: GateLane, task: () => Promise<T>, turn = ANYBODY): Promise<T> {
    const lane = this.lanes[name];
    await this.enter(name, turn);
    try {
      return await task();
    } finally {
      this.leave(lane);
    }
  }

  private async enter(name: GateLane, turn: Turn): Promise<void> {
    const lane = this.lanes[name];
    if (this.hasRoom(name)) {
      lane.running += 1;
      return;
    }
    await lane.waiting.wait(turn); // counted in by whoever leaves
  }

  private leave(lane: Lane): void {
    lane.running -= 1;
    for (let next = this.nextLane(); next; next = this.nextLane()) {
      this.lastServed = next;
      this.lanes[next].running += 1;
      this.lanes[next].waiting.release();
    }
  }

  /** The lane that is served next, if somebody waits there and has room. */
  private nextLane(): GateLane | undefined {
    const order: GateLane[] = this.lastServed === 'upload' ? ['variant', 'upload'] : ['upload', 'variant'];
    return order.find((each) => !this.lanes[each].waiting.isEmpty && this.hasRoom(each));
  }

  private hasRoom(name: GateLane): boolean {
    const { upload, variant } = this.lanes;
    if (name === 'variant' && variant.running === 0) return true;
    return upload.running + variant.running < this.concurrency && this.lanes[name].running < this.perLane;
  }
}
