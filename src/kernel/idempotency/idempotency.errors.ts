import { AppError, requestInvalid } from '../errors/index.js';
import { declareProblems } from '../http/index.js';

declareProblems({
  'idempotency.in_flight': 409,
  'idempotency.key_reused': 422,
});

/** 409: the first request with this key has no answer yet. */
export const inFlight = (): AppError =>
  new AppError('idempotency.in_flight', 409, 'The first request with this Idempotency-Key is still at work; try again.', { headers: { 'Retry-After': '1' } });

/** 422: the key stands for another request. */
export const keyReused = (): AppError => new AppError('idempotency.key_reused', 422, 'This Idempotency-Key was used with another body.');

export const malformedKey = (): AppError =>
  requestInvalid([{ field: 'Idempotency-Key', code: 'matches', message: 'Idempotency-Key must be a string of 1 to 255 visible ASCII characters' }]);
