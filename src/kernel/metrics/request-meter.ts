import type { Counter, Histogram } from 'prom-client';
import type { Metrics } from './metrics.service.js';
import type { BucketTally } from './tally.js';

/** Seconds. */
const BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const OUTCOMES = ['1xx', '2xx', '3xx', '4xx', '5xx'] as const;

/** Counts and times requests by operation; its labels are looked up once, not at every request. */
export class RequestMeter {
  private readonly histogram: Histogram<'operation' | 'outcome'>;
  private readonly aborts: Counter<'operation'>;

  constructor(private readonly metrics: Metrics) {
    this.histogram = metrics.histogram('http_request_duration_seconds', 'HTTP requests by route, until the last byte of the answer was handed over.', ['operation', 'outcome'], BUCKETS);
    this.aborts = metrics.counter('http_client_aborts_total', 'HTTP requests whose client went away before all of the body was there.', ['operation']);
  }

  /** A client of this operation went away in its body. */
  aborted(operation: string): void {
    this.aborts.inc({ operation });
  }

  /** What observes one operation: `GET /v1/users/:id`. */
  meterOf(operation: string): (statusCode: number, milliseconds: number) => void {
    const tallies: (BucketTally | undefined)[] = [];
    return (statusCode, milliseconds) => {
      const index = Math.min(OUTCOMES.length, Math.max(1, Math.floor(statusCode / 100))) - 1;
      (tallies[index] ??= this.metrics.bucketTally(this.histogram, { operation, outcome: OUTCOMES[index]! }, BUCKETS)).observe(milliseconds / 1000);
    };
  }
}
