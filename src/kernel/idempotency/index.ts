export { IdempotencyModule } from './idempotency.module.js';
export { Idempotency, type Attempt } from './idempotency.service.js';
export { CurrentCall, type IdempotentCall } from './idempotent-call.js';
export { IDEMPOTENCY_KEY_HEADER, Idempotent } from './idempotent.decorator.js';
