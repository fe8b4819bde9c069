export { EventBus, type EventPhase, type PhaseContext } from './event-bus.js';
export { EventFollowers } from './event-followers.repository.js';
export type { RecordedFact } from './event-log.repository.js';
export type { Event, EventMap } from './event-map.js';
export { EventsModule } from './events.module.js';
