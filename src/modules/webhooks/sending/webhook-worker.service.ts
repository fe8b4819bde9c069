import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { WorkerLoop } from '../../../kernel/worker-loop/index.js';
import { WebhookSecrets } from '../webhook-secrets.js';
import { MAX_ATTEMPTS, retryDelaySeconds } from './backoff.js';
import { DeliveriesRepository, type ClaimedDelivery, type Settlement } from './deliveries.repository.js';
import { signatureOf } from './signature.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookRelay } from './webhook-relay.js';
import { WebhookWakers } from './webhook-wakers.js';
import { WebhookSender, type SendingResult } from './webhook-sender.js';

const LOOK_INTERVAL_MS = 2_000;
const PRUNE_INTERVAL_MS = 3_600_000;
const AT_ONCE = 10;
/** How long a closing service waits for receivers that are slow to answer. */
const CLOSING_MS = 3_000;

/** Looks every two seconds, and at once after a change here, for facts to hand out and deliveries to send. The command line, which serves nobody, does not. */
@Injectable()
export class WebhookWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Webhooks');
  private readonly loop = new WorkerLoop(() => this.work(), (error) => this.workFailed(error));
  private readonly givenUp = new AbortController();
  private prunedAt = performance.now();

  constructor(
    private readonly relay: WebhookRelay,
    private readonly deliveries: DeliveriesRepository,
    private readonly sender: WebhookSender,
    private readonly secrets: WebhookSecrets,
    private readonly metrics: WebhookMetrics,
    private readonly wakers: WebhookWakers,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.wakers.isServing) return;
    this.wakers.onChange(() => this.wake());
    this.loop.wakeEvery(LOOK_INTERVAL_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    const limit = setTimeout(() => this.givenUp.abort(), CLOSING_MS);
    await this.loop.stop();
    clearTimeout(limit);
  }

  /** Returns at once. */
  wake(): void {
    this.loop.wake();
  }

  /** One batch of facts and one of deliveries. True when there may be more than was taken. */
  private async work(): Promise<boolean> {
    const isMoreToHandOut = await this.relay.handOut();
    const claimed = await this.deliveries.claim(AT_ONCE);
    await Promise.all(claimed.map((delivery) => this.deliver(delivery)));
    const isMore = isMoreToHandOut || claimed.length === AT_ONCE;
    if (!isMore) await this.pruneAtTimes();
    return isMore;
  }

  private workFailed(error: unknown): void {
    this.logger.warn(`Webhooks wait; the next look tries again: ${error instanceof Error ? error.message : 'unknown'}`);
  }

  private async deliver({ id, type, body, attempts, url, nowMs, ...webhook }: ClaimedDelivery): Promise<void> {
    const startedAt = performance.now();
    const secrets = this.secrets.signing(webhook);
    const headers = secrets && { 'likeness-event': type, 'likeness-delivery': id, 'likeness-signature': signatureOf(secrets, Math.floor(nowMs / 1000), body) };
    const result = headers ? await this.sender.send({ url, body, headers }, this.givenUp.signal).catch(() => null) : { status: null, error: 'secret_unreadable' };
    // Given up because the service closes: as after a crash, another instance tries again when the lease is over.
    if (result === null) return;
    const settlement = this.settlementOf(result, attempts, nowMs, Math.round(performance.now() - startedAt));
    await this.deliveries.settle(id, attempts, settlement);
    this.metrics.attempted(settlement);
  }

  private settlementOf(result: SendingResult, attempts: number, startedAtMs: number, durationMs: number): Settlement {
    const isDelivered = result.status !== null && result.status >= 200 && result.status < 300;
    return {
      state: isDelivered ? 'delivered' : attempts >= MAX_ATTEMPTS ? 'dead' : 'pending',
      retrySeconds: isDelivered ? 0 : retryDelaySeconds(attempts, Math.random()),
      attempt: { at: new Date(startedAtMs + durationMs).toISOString(), ...result, durationMs },
    };
  }

  private async pruneAtTimes(): Promise<void> {
    if (performance.now() - this.prunedAt < PRUNE_INTERVAL_MS) return;
    this.prunedAt = performance.now();
    await this.deliveries.prune();
  }
}
