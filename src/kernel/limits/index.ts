export { limitHeadersOf, type LimitedRequest } from './limit-headers.js';
export { LimitRoom } from './limit-room.js';
export type { LimitName } from './limit-rules.js';
export { LimitsModule } from './limits.module.js';
export { passwordGuess } from './password-guess.js';
export { Limits, type Charge } from './limits.service.js';
