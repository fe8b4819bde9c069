import { DeliveryQueue } from './delivery-queue.js';
import { EventBus, type EventHandler, type EventPhase, type PhaseContext } from './event-bus.js';
import { EventHandlers } from './event-handlers.js';
import type { Event, EventMap, EventName } from './event-map.js';

/** For one instance alone: nobody else has to hear. */
export class InProcessEventBus extends EventBus {
  private readonly handlers = new EventHandlers();
  private readonly queue = new DeliveryQueue(this.handlers);

  override on<K extends EventName, P extends EventPhase>(event: K, phase: P, handler: EventHandler<K, P>): void {
    this.handlers.add(event, phase, handler);
  }

  override run<K extends EventName, P extends 'beforeCommit' | 'beforeAnswer'>(
    event: K,
    phase: P,
    payload: EventMap[K],
    context: PhaseContext[P],
  ): Promise<void> {
    return this.handlers.run(event, phase, payload, context);
  }

  override deliver<K extends EventName>(event: K, payload: EventMap[K]): void {
    this.queue.push({ name: event, payload } as Event);
  }

  async onModuleDestroy(): Promise<void> {
    await this.queue.idle();
  }
}
