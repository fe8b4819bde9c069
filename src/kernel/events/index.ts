export { EventBus, type EventPhase, type PhaseContext } from './event-bus.js';
export type { Event, EventMap } from './event-map.js';
export { EventsModule } from './events.module.js';
