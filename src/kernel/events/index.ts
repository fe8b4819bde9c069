export { EventBus, type EventPhase } from './event-bus.js';
export type { Event } from './event-map.js';
export { EventsModule } from './events.module.js';
