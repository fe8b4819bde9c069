export { WorkerLoop } from './worker-loop.js';
