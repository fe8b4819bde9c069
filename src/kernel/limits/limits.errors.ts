import { AppError } from '../errors/index.js';

import type { LimitState } from './limit-headers.js';

/** 429; `retryAfterSeconds` is when the window of the limit that was hit ends. */
export const tooManyAttempts = (retryAfterSeconds: number): AppError =>
  new AppError('request.rate_limited', 429, 'Too many attempts; try again later.', { headers: { 'Retry-After': String(retryAfterSeconds) } });

/** The same, for what is counted whatever comes of it: it says the limit. */
export const tooManyRequests = ({ points, windowSeconds, resetSeconds }: LimitState): AppError =>
  new AppError('request.rate_limited', 429, `At most ${points} within ${windowSeconds} seconds; try again later.`, { headers: { 'Retry-After': String(resetSeconds) } });
