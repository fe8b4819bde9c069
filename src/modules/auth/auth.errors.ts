import { AppError } from '../../kernel/errors/index.js';
import { declareProblems } from '../../kernel/http/index.js';
import { isoFromEpochSeconds } from './epoch-seconds.js';
import type { EndReason } from './tokens/index.js';

declareProblems({
  'auth.invalid_credentials': 401,
  'auth.token_missing': 401,
  'auth.token_malformed': 401,
  'auth.token_expired': 401,
  'auth.token_revoked': 401,
  'auth.token_unknown': 401,
  'auth.session_evicted': 401,
  'auth.session_ended': 401,
  'auth.refresh_reused': 401,
  'auth.user_disabled': 401,
  'auth.session_limit': 403,
  'auth.registration_closed': 403,
  'auth.bootstrap_refused': 403,
  'auth.outlives_token': 403,
  'auth.session_not_found': 404,
  'user.disabled': 409,
});

/** What a refresh token can be refused with. */
export const REFRESH_REFUSALS = [
  'auth.token_malformed',
  'auth.token_expired',
  'auth.token_revoked',
  'auth.token_unknown',
  'auth.session_evicted',
  'auth.session_ended',
  'auth.refresh_reused',
  'auth.user_disabled',
] as const;

const unauthorized = (code: string, detail: string, cause?: unknown): AppError => new AppError(code, 401, detail, { cause });

/** The same answer for an unknown account and for a wrong password. */
export const invalidCredentials = (): AppError => unauthorized('auth.invalid_credentials', 'The name or the password is wrong.');

/** No token was presented where one is needed. */
export const tokenMissing = (): AppError => unauthorized('auth.token_missing', 'Present an access token: Authorization: Bearer <token>.');

export const tokenMalformed = (cause?: unknown): AppError => unauthorized('auth.token_malformed', 'This is not a token of this service.', cause);

export const tokenExpired = (): AppError => unauthorized('auth.token_expired', 'The token has expired.');

export const tokenRevoked = (): AppError => unauthorized('auth.token_revoked', 'The token was revoked.');

export const tokenUnknown = (): AppError => unauthorized('auth.token_unknown', 'The token is not known here.');

export const sessionEvicted = (): AppError => unauthorized('auth.session_evicted', 'Another login took the place of this session.');

export const sessionEnded = (): AppError => unauthorized('auth.session_ended', 'The session was ended.');

/** RFC 9700 §4.14.2: a refresh token came back after its successor was in use; the session is over. */
export const refreshReused = (): AppError =>
  unauthorized('auth.refresh_reused', 'The refresh token was used before; the session was ended for safety.');

export const userDisabled = (): AppError => unauthorized('auth.user_disabled', 'The account is disabled.');

export const sessionLimit = (): AppError =>
  new AppError('auth.session_limit', 403, 'The login policy allows no further session; end another one first.');

export const registrationClosed = (): AppError => new AppError('auth.registration_closed', 403, 'Registration is switched off here.');

export const bootstrapRefused = (): AppError =>
  new AppError('auth.bootstrap_refused', 403, 'The bootstrap token is wrong, or an administrator exists already.');

/** 403: what a token without refresh makes ends with it. `endsAt` in epoch seconds. */
export const outlivesToken = (endsAt: number): AppError =>
  new AppError('auth.outlives_token', 403, `This token ends at ${isoFromEpochSeconds(endsAt)}, and what it makes must end by then. Sign in to make what lasts longer.`);

export const sessionNotFound = (): AppError => new AppError('auth.session_not_found', 404, 'You have no such session.');

/** 409: no token can be issued for an account that is switched off. */
export const subjectDisabled = (): AppError => new AppError('user.disabled', 409, 'The account is disabled.');

const REFUSALS: Readonly<Record<'expired' | 'unknown' | EndReason, () => AppError>> = {
  expired: tokenExpired,
  unknown: tokenUnknown,
  revoked: tokenRevoked,
  evicted: sessionEvicted,
  ended: sessionEnded,
  reused: refreshReused,
};

/** The error that tells the holder of a refused token why. */
export const refusedToken = (state: 'expired' | 'unknown' | EndReason): AppError => REFUSALS[state]();
