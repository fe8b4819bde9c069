export { SharedCalls } from './shared-calls.js';
