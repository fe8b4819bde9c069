import { Logger } from '@nestjs/common';
import type { EventHandlers } from './event-handlers.js';
import type { Event, EventMap, EventName } from './event-map.js';

/** How many facts may wait for their `delivered` handlers. Beyond it facts are dropped: delivery is best effort, memory is not. */
const MAX_WAITING = 1000;
/** A handler that takes longer no longer holds up the facts behind it. */
const HANDLER_TIMEOUT_MS = 10_000;

/** Runs the `delivered` handlers of this instance, in order, after the caller has been answered; a failing handler stops nobody. */
export class DeliveryQueue {
  private readonly logger = new Logger('Events');
  private readonly waiting: Event[] = [];
  private running: Promise<void> | null = null;
  private dropped = 0;

  constructor(
    private readonly handlers: EventHandlers,
    private readonly maxWaiting = MAX_WAITING,
    private readonly handlerTimeoutMs = HANDLER_TIMEOUT_MS,
  ) {}

  push(event: Event): void {
    if (this.handlers.of(event.name, 'delivered').length === 0) return;
    if (this.waiting.length >= this.maxWaiting) {
      // One line per burst, not one per fact.
      if (this.dropped++ === 0) this.logger.warn('Too many events wait for delivery; newer ones are dropped.');
      return;
    }
    this.waiting.push(event);
    this.running ??= this.drain();
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.running) await this.running;
  }

  private async drain(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    for (let event = this.waiting.shift(); event; event = this.waiting.shift()) await this.deliver(event);
    if (this.dropped > 0) this.logger.warn(`${this.dropped} events were not delivered.`);
    this.dropped = 0;
    this.running = null;
  }

  private async deliver<K extends EventName>(event: { name: K; payload: EventMap[K] }): Promise<void> {
    for (const handler of this.handlers.of(event.name, 'delivered')) {
      try {
        await this.withinTime(async () => handler(event.payload, {}));
      } catch (error) {
        this.logger.error(`A handler of ${event.name} failed`, error instanceof Error ? error.stack : undefined);
      }
    }
  }

  private async withinTime(work: () => Promise<void>): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no end after ${this.handlerTimeoutMs} ms`)), this.handlerTimeoutMs);
    });
    try {
      await Promise.race([work(), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }
}
