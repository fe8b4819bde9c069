import { AppError } from '../../../kernel/errors/index.js';
import { declareProblems } from '../../../kernel/http/index.js';

declareProblems({ 'auth.origin_refused': 403 });

/** 403: a cookie works only for JSON requests from pages of PUBLIC_URL and ALLOWED_ORIGINS. */
export const originRefused = (): AppError =>
  new AppError('auth.origin_refused', 403, 'The refresh cookie is only for JSON requests (Content-Type: application/json) with an Origin that is allowed.');
