export { Clock, SystemClock } from './clock.js';
export { IdGenerator } from './id-generator.js';
export { ClockModule } from './clock.module.js';
