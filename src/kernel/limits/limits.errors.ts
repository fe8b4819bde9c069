import { AppError } from '../errors/index.js';

/** 429; `retryAfterSeconds` is when the window of the limit that was hit ends. */
export const tooManyAttempts = (retryAfterSeconds: number): AppError =>
  new AppError('request.rate_limited', 429, 'Too many attempts; try again later.', { headers: { 'Retry-After': String(retryAfterSeconds) } });
