import { AppError } from '../../../kernel/errors/index.js';
import { declareProblems } from '../../../kernel/http/index.js';

declareProblems({
  'auth.reset_token_invalid': 400,
  'auth.verification_token_invalid': 400,
});

/** 400, not 401: it is a part of the form that was sent, and no client shall answer it with a refresh or a login. One code, whatever is wrong with it. */
export const resetTokenInvalid = (): AppError =>
  new AppError('auth.reset_token_invalid', 400, 'The link was used before, has expired, or was replaced by a newer one. Ask for another one.');

/** 400: as above, for the confirmation of an address. */
export const verificationTokenInvalid = (): AppError =>
  new AppError('auth.verification_token_invalid', 400, 'The link was used before, has expired, or was replaced by a newer one. Ask for another one.');

/** For a `catch`: an account that goes while its token is being used takes the token along. */
export const unlessGone =
  (invalid: () => AppError) =>
  (error: unknown): never => {
    throw error instanceof AppError && error.code === 'user.not_found' ? invalid() : error;
  };
