import { AppError, outcomeUnknown } from '../errors/index.js';
import { isDatabaseAway } from './database-fault.js';

/**
 * What is left to do for an answer once its change is committed. If a store is away now, the change stands all the same: `service.unavailable`, which says
 * that nothing was changed, would be wrong. Throws `request.outcome_unknown` (503) in its place; other errors as they are.
 */
export async function afterCommit<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isAway = error instanceof AppError ? error.code === 'service.unavailable' : isDatabaseAway(error);
    throw isAway ? outcomeUnknown(error) : error;
  }
}
