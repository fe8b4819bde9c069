import { AppError } from '../errors/index.js';
import { declareProblems } from '../http/index.js';

declareProblems({ 'service.not_ready': 503 });

/** @param failing the names of the checks, as in the answer. */
export const serviceNotReady = (failing: readonly string[]): AppError => new AppError('service.not_ready', 503, `Not ready: ${failing.join(', ')}.`);
