export { activeTrace, startTracing } from './tracing.js';
export { TrustedCallers } from './trusted-callers.js';
