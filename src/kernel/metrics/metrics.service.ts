import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { BucketTally, Tally } from './tally.js';

const PREFIX = 'likeness_';

/** What this instance counts of itself, for Prometheus. Labels are bounded: results and reasons, never ids. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  /** What is counted elsewhere until its counter or histogram is asked. */
  private readonly untold = new Map<object, { settle(): void }[]>();

  counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    const counter: Counter<L> = new Counter({ name: PREFIX + name, help, labelNames: [...labelNames], registers: [this.registry], collect: () => this.settle(counter) });
    return counter;
  }

  /** For hot paths: make it once, and count with it. */
  tally<L extends string>(counter: Counter<L>, labels: Readonly<Record<L, string>>): Tally<L> {
    return this.kept(counter, new Tally(counter, labels));
  }

  /** What `read` says when somebody asks, by name; one question for all of them. None has a value while it fails. */
  gauges(helpByName: Readonly<Record<string, string>>, read: () => Promise<Readonly<Record<string, number>>>): void {
    let asked: Promise<Readonly<Record<string, number>>> | null = null;
    const values = (): Promise<Readonly<Record<string, number>>> => (asked ??= read().catch(() => ({})).finally(() => (asked = null)));
    for (const [name, help] of Object.entries(helpByName)) {
      const gauge = new Gauge({
        name: PREFIX + name,
        help,
        registers: [this.registry],
        // They are collected side by side: each waits for the answer itself.
        collect: async () => {
          const value = (await values())[name];
          if (value === undefined) gauge.remove();
          else gauge.set(value);
        },
      });
    }
  }

  /** `buckets` are upper bounds, in the unit that the name says. */
  histogram<L extends string>(name: string, help: string, labelNames: readonly L[], buckets: readonly number[]): Histogram<L> {
    const histogram: Histogram<L> = new Histogram({
      name: PREFIX + name,
      help,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [this.registry],
      collect: () => this.settle(histogram),
    });
    return histogram;
  }

  /** For hot paths: make it once, and observe with it. `buckets` are the histogram's. */
  bucketTally<L extends string>(histogram: Histogram<L>, labels: Readonly<Record<L, string>>, buckets: readonly number[]): BucketTally<L> {
    return this.kept(histogram, new BucketTally(histogram, labels, buckets));
  }

  private kept<T extends { settle(): void }>(metric: object, tally: T): T {
    this.untold.set(metric, [...(this.untold.get(metric) ?? []), tally]);
    return tally;
  }

  private settle(metric: object): void {
    for (const tally of this.untold.get(metric) ?? []) tally.settle();
  }

  /** CPU, memory, event loop, garbage collection: for as long as the process lives. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }
}
