import { FairLine, type FairLineLimits, type Turn } from './fair-line.js';

/** Lets so many pieces of work run at once, and the others wait in a fair line. */
export class FairQueue {
  private readonly line: FairLine;
  private running = 0;

  constructor(
    private readonly atOnce: number,
    limits: FairLineLimits,
    refusal: () => Error,
  ) {
    this.line = new FairLine(limits, refusal);
  }

  /** Throws the refusal where the caller has too many waiting, or too many wait in all. */
  async run<T>(turn: Turn, work: () => Promise<T>): Promise<T> {
    if (this.running < this.atOnce) this.running += 1;
    else await this.line.wait(turn);
    try {
      return await work();
    } finally {
      // A place is handed over to who comes next: `running` stays.
      if (this.line.isEmpty) this.running -= 1;
      else this.line.release();
    }
  }
}
