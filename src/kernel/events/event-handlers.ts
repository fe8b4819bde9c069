import { Logger } from '@nestjs/common';
import type { EventHandler, EventPhase, PhaseContext } from './event-bus.js';
import type { Event, EventMap, EventName } from './event-map.js';

type AnyHandler = (payload: never, context: never) => Promise<void> | void;

/** A `delivered` handler that takes longer no longer holds up the facts behind it. */
const HANDLER_TIMEOUT_MS = 10_000;

/** Who listens to what, in the order of registration. */
export class EventHandlers {
  private readonly logger = new Logger('Events');
  private readonly handlers = new Map<string, AnyHandler[]>();
  private delivered = 0;

  constructor(private readonly handlerTimeoutMs = HANDLER_TIMEOUT_MS) {}

  /** Whether anybody wants to hear what was delivered. */
  get areDelivered(): boolean {
    return this.delivered > 0;
  }

  add<K extends EventName, P extends EventPhase>(event: K, phase: P, handler: EventHandler<K, P>): void {
    const key = `${phase} ${event}`;
    this.handlers.set(key, [...(this.handlers.get(key) ?? []), handler]);
    if (phase === 'delivered') this.delivered += 1;
  }

  /** One after another; the first failure is thrown. */
  async run<K extends EventName, P extends EventPhase>(event: K, phase: P, payload: EventMap[K], context: PhaseContext[P]): Promise<void> {
    for (const handler of this.of(event, phase)) await handler(payload, context);
  }

  /** One after another, each for so long at most; a failing one is logged and stops nobody. */
  async deliver<K extends EventName>({ name, payload }: { readonly name: K; readonly payload: EventMap[K] } & Event<K>): Promise<void> {
    for (const handler of this.of(name, 'delivered')) {
      try {
        await this.withinTime(async () => handler(payload, {}));
      } catch (error) {
        this.logger.error(`A handler of ${name} failed`, error instanceof Error ? error.stack : undefined);
      }
    }
  }

  private of<K extends EventName, P extends EventPhase>(event: K, phase: P): readonly EventHandler<K, P>[] {
    return (this.handlers.get(`${phase} ${event}`) ?? []) as unknown as readonly EventHandler<K, P>[];
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
