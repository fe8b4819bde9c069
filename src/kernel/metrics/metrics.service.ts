import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

const PREFIX = 'likeness_';

/** What this instance counts of itself, for Prometheus. Labels are bounded: results and reasons, never ids. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: PREFIX + name, help, labelNames: [...labelNames], registers: [this.registry] });
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
    return new Histogram({ name: PREFIX + name, help, labelNames: [...labelNames], buckets: [...buckets], registers: [this.registry] });
  }

  /** CPU, memory, event loop, garbage collection: for as long as the process lives. */
  watchProcess(): void {
    collectDefaultMetrics({ register: this.registry });
  }
}
