import { AppError } from '../../kernel/errors/index.js';
import { declareProblems } from '../../kernel/http/index.js';

declareProblems({
  'user.email_taken': 409,
  'user.username_taken': 409,
  'user.external_id_taken': 409,
  'user.last_admin': 409,
  'user.not_found': 404,
  'auth.invalid_credentials': 401,
});

/** 409: another account has this address, in whatever case. */
export const emailTaken = (cause?: unknown): AppError => new AppError('user.email_taken', 409, 'This e-mail address is already in use.', { cause });

/** 409: another account has this username, in whatever case. */
export const usernameTaken = (cause?: unknown): AppError => new AppError('user.username_taken', 409, 'This username is already in use.', { cause });

/** 409: another account has this external id. */
export const externalIdTaken = (cause?: unknown): AppError => new AppError('user.external_id_taken', 409, 'This external id is already in use.', { cause });

/** 409: without this user nobody could administer the service any more. */
export const lastAdmin = (): AppError => new AppError('user.last_admin', 409, 'This is the last admin. Make another one first.');

/** 404: there is no user of this id. */
export const userNotFound = (): AppError => new AppError('user.not_found', 404, 'There is no such user.');

/** 401: the current password that a change asks for is wrong. */
export const wrongPassword = (): AppError => new AppError('auth.invalid_credentials', 401, 'The password is wrong.');

/** 503: more passwords wait to be hashed than a client would wait for. */
export const passwordQueueFull = (): AppError =>
  new AppError('service.unavailable', 503, 'Too many sign-ins at once; try again.', { headers: { 'Retry-After': '1' } });
