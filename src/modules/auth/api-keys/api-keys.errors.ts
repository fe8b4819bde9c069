import { AppError, forbidden } from '../../../kernel/errors/index.js';
import { declareProblems } from '../../../kernel/http/index.js';

declareProblems({
  'auth.api_key_not_found': 404,
  'auth.api_key_limit': 409,
});

export const apiKeyNotFound = (): AppError => new AppError('auth.api_key_not_found', 404, 'You have no such key, or it is over.');

export const apiKeyLimit = (limit: number): AppError =>
  new AppError('auth.api_key_limit', 409, `An account has at most ${limit} live keys; revoke one first.`);

/** 403: these open what is everybody's. */
export const scopesForAdmins = (): AppError => forbidden('Only an admin can grant tokens:introspect and tokens:revoke.');
