import { setTimeout as sleep } from 'node:timers/promises';
import { isLong, scaled } from '../kit/run-length.js';

export { isLong, scaled };

/** The last full counts take minutes. */
export const PROOF_TIMEOUT_MS = isLong ? 3_600_000 : 300_000;

/** Runs `work` for 0, 1, … `count` − 1, so many at a time. The first failure is the last start. */
export async function inLanes(what: string, count: number, lanes: number, work: (index: number) => Promise<void>): Promise<void> {
  const progress = new Progress(what, count);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) {
      await work(next++);
      progress.step();
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
  } finally {
    next = count;
    progress.stop();
  }
}

/** Lets so many in at a time; the others wait in the order they came. */
export class Gate {
  private readonly waiting: (() => void)[] = [];

  constructor(private places: number) {}

  /** Resolves when nobody waits: whoever makes work for the gate makes no more than it can let in. */
  async calm(): Promise<void> {
    while (this.waiting.length > 0) await sleep(5);
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.places > 0) this.places -= 1;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.places += 1;
    }
  }
}

const PROGRESS_EVERY_MS = 10_000;

/** Says every ten seconds how far a long proof is; `stop` it in the end. */
export class Progress {
  private done = 0;
  private readonly began = performance.now();
  private readonly timer: NodeJS.Timeout | null;

  constructor(
    private readonly what: string,
    private readonly count: number,
  ) {
    this.timer = isLong ? setInterval(() => this.say(), PROGRESS_EVERY_MS) : null;
    this.timer?.unref();
  }

  step(by = 1): void {
    this.done += by;
  }

  stop(): void {
    if (this.timer) clearInterval(this.timer);
  }

  private say(): void {
    tell(`${this.what}: ${this.done} of ${this.count} after ${Math.round((performance.now() - this.began) / 1_000)} s`);
  }
}

/** Figures of a proof, for the one who ran it. */
export const tell = (text: string): void => void process.stdout.write(`    ${text}\n`);
