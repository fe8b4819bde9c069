export { activeTrace, startTracing } from './tracing.js';
