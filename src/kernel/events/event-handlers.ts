import type { EventHandler, EventPhase, PhaseContext } from './event-bus.js';
import type { EventMap, EventName } from './event-map.js';

type AnyHandler = (payload: never, context: never) => Promise<void> | void;

/** Who listens to what, in the order of registration. */
export class EventHandlers {
  private readonly handlers = new Map<string, AnyHandler[]>();

  add<K extends EventName, P extends EventPhase>(event: K, phase: P, handler: EventHandler<K, P>): void {
    const key = `${phase} ${event}`;
    this.handlers.set(key, [...(this.handlers.get(key) ?? []), handler]);
  }

  of<K extends EventName, P extends EventPhase>(event: K, phase: P): readonly EventHandler<K, P>[] {
    return (this.handlers.get(`${phase} ${event}`) ?? []) as unknown as readonly EventHandler<K, P>[];
  }

  /** One after another; the first failure is thrown. */
  async run<K extends EventName, P extends EventPhase>(event: K, phase: P, payload: EventMap[K], context: PhaseContext[P]): Promise<void> {
    for (const handler of this.of(event, phase)) await handler(payload, context);
  }
}
