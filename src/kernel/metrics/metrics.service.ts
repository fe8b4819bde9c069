import { Injectable } from '@nestjs/common';
import { collectDefaultMetrics, Counter, Histogram, Registry } from 'prom-client';

const PREFIX = 'likeness_';

/** What this instance counts of itself, for Prometheus. Labels are bounded: results and reasons, never ids. */
@Injectable()
export class Metrics {
  readonly registry = new Registry();

  counter<L extends string>(name: string, help: string, labelNames: readonly L[]): Counter<L> {
    return new Counter({ name: PREFIX + name, help, labelNames: [...labelNames], registers: [this.registry] });
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
