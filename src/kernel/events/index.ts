export { EventBus, EVENT_PHASES, type EventHandler, type EventPhase, type PhaseContext } from './event-bus.js';
export type { Event, EventMap, EventName } from './event-map.js';
export { EventsModule } from './events.module.js';
