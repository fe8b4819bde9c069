import { Injectable } from '@nestjs/common';
import type { Counter } from 'prom-client';
import { Metrics } from '../../../kernel/metrics/index.js';
import { DeliveriesRepository, type Settlement } from './deliveries.repository.js';

/** What is counted of webhooks. The backlog is that of all instances, read from the database when somebody asks. */
@Injectable()
export class WebhookMetrics {
  private readonly attempts: Counter<'result'>;

  constructor(metrics: Metrics, deliveries: DeliveriesRepository) {
    this.attempts = metrics.counter('webhook_attempts_total', 'Requests to webhooks, by what became of the delivery: delivered, pending (tried again), dead.', ['result']);
    metrics.gauges(
      {
        webhook_deliveries_pending: 'Deliveries that wait or are tried again.',
        webhook_deliveries_dead: 'Deliveries that were given up, and are kept.',
        webhook_oldest_undelivered_seconds: 'For how long the oldest event has been on its way to a webhook; 0 when none is.',
      },
      async () => {
        const { pending, dead, oldestSeconds } = await deliveries.backlog();
        return { webhook_deliveries_pending: pending, webhook_deliveries_dead: dead, webhook_oldest_undelivered_seconds: oldestSeconds };
      },
    );
  }

  attempted({ state }: Settlement): void {
    this.attempts.inc({ result: state });
  }
}
