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

  /** What `read` says when it is asked for; nothing when that fails. */
  gauges(names: Readonly<Record<string, string>>, read: () => Promise<Readonly<Record<string, number>>>): void {
    const gauges = Object.entries(names).map(([name, help]) => [name, new Gauge({ name: PREFIX + name, help, registers: [] })] as const);
    const [first] = gauges;
    if (!first) return;
    // One question for all of them.
    Object.assign(first[1], {
      collect: async () => {
        const values: Readonly<Record<string, number>> = await read().catch(() => ({}));
        for (const [name, gauge] of gauges) {
          if (values[name] === undefined) gauge.remove();
          else gauge.set(values[name]);
        }
      },
    });
    for (const [, gauge] of gauges) this.registry.registerMetric(gauge);
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
