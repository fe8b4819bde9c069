import type { Counter, Histogram } from 'prom-client';

/** A count on a hot path. prom-client looks labels up at every call; here that waits until somebody asks for the figures (measured in bench/README.md). */
export class Tally<L extends string = string> {
  private untold = 0;

  constructor(
    private readonly counter: Counter<L>,
    private readonly labels: Readonly<Record<L, string>>,
  ) {}

  inc(by = 1): void {
    this.untold += by;
  }

  /** Tells the counter; for its `collect`. */
  settle(): void {
    if (this.untold > 0) this.counter.inc(this.labels, this.untold);
    this.untold = 0;
  }
}

/** What prom-client 15 keeps of one set of labels; it has no call that takes many observations at once. */
interface KeptBuckets<L extends string> {
  readonly labels: Readonly<Record<L, string>>;
  readonly bucketValues: Record<number, number>;
  sum: number;
  count: number;
}

/** The same for observations. */
export class BucketTally<L extends string = string> {
  private readonly counts: Float64Array;
  private sum = 0;

  constructor(
    private readonly histogram: Histogram<L>,
    private readonly labels: Readonly<Record<L, string>>,
    /** As the histogram has them, ascending. */
    private readonly upperBounds: readonly number[],
  ) {
    this.counts = new Float64Array(upperBounds.length + 1);
  }

  observe(value: number): void {
    let at = 0;
    while (at < this.upperBounds.length && value > this.upperBounds[at]!) at += 1;
    this.counts[at]! += 1;
    this.sum += value;
  }

  settle(): void {
    const kept = this.kept();
    this.upperBounds.forEach((bound, at) => (kept.bucketValues[bound]! += this.counts[at]!));
    kept.count += this.counts.reduce((all, each) => all + each, 0);
    kept.sum += this.sum;
    this.counts.fill(0);
    this.sum = 0;
  }

  private kept(): KeptBuckets<L> {
    const { hashMap } = this.histogram as unknown as { readonly hashMap: Readonly<Record<string, KeptBuckets<L>>> };
    const names = Object.keys(this.labels) as L[];
    const find = (): KeptBuckets<L> | undefined => Object.values(hashMap).find(({ labels }) => names.every((name) => labels[name] === this.labels[name]));
    if (!find()) this.histogram.zero(this.labels);
    return find()!;
  }
}
