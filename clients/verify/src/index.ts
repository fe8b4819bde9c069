export type { Caller, TokenVerifier } from './caller.js';
export { callerOfRequest, type GateOptions } from './gate.js';
export { introspectionVerifier, type IntrospectionOptions } from './introspection-verifier.js';
export { keySetVerifier, type KeySetOptions } from './key-set-verifier.js';
export { Refusal, toRefusal, type RefusalAnswer } from './refusal.js';
