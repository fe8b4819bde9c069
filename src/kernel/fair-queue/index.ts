export { FairLine, type Turn } from './fair-line.js';
export { FairQueue } from './fair-queue.js';
