/** `npm test` proves with a tenth of the counts; `npm run test:long` (TEST_SCALE=1) with all of them. */
const SCALE = Number(process.env.TEST_SCALE ?? 0.1);
export const isLong = SCALE >= 1;

export const scaled = (count: number, least = 1): number => Math.max(least, Math.round(count * SCALE));

/** The last full counts take minutes. */
export const PROOF_TIMEOUT_MS = isLong ? 3_600_000 : 300_000;

/** Runs `work` for 0, 1, … `count` − 1, so many at a time. */
export async function inLanes(count: number, lanes: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < count) await work(next++);
  };
  await Promise.all(Array.from({ length: Math.min(lanes, count) }, lane));
}

/** Lets so many in at a time; the others wait in the order they came. */
export class Gate {
  private readonly waiting: (() => void)[] = [];

  constructor(private places: number) {}

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

/** Figures of a proof, for the one who ran it. */
export const tell = (text: string): void => void process.stdout.write(`    ${text}\n`);
