import { AppError } from '../../../kernel/errors/index.js';

/** Told by the command line alone. */
export const keyNotFound = (): AppError => new AppError('keys.not_found', 404, 'There is no signing key of this id.');

export const keyPending = (): AppError => new AppError('keys.pending', 409, 'The next key waits already: it signs when its time has come.');

export const keysAreGiven = (): AppError =>
  new AppError('keys.given', 409, 'The keys are given by SIGNING_KEY: put the new one beside the old one there, and restart.');
