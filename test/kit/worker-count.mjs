import { availableParallelism, totalmem } from 'node:os';

const GIB = 2 ** 30;

/**
 * How many test files run at once. They wait for servers and expiries most of the time, so there are more of them than cores. A worker and the processes
 * that its tests start need up to 1.5 GiB together. Each also needs some 30 connections to PostgreSQL, which is what the upper limit is for.
 */
export function workerCount({ cores = availableParallelism(), memoryBytes = Math.min(totalmem(), process.constrainedMemory() || Infinity) } = {}) {
  const wanted = Math.min(10, Math.max(6, cores * 3));
  return Math.max(1, Math.min(wanted, Math.floor(memoryBytes / (1.5 * GIB))));
}
