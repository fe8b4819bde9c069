import type { AppError } from '../../../kernel/errors/index.js';
import type { UserSnapshot } from '../../users/index.js';
import { refusedToken, sessionEnded, userDisabled } from '../auth.errors.js';
import type { EndReason } from '../tokens/index.js';

/**
 * What the user's row says against a session that its store holds for live; null when nothing. The row is where that stands
 * which must never be undone (guarantees §4): a store that came back from an older file cannot bring an ended session back.
 */
export const objectionOf = (user: UserSnapshot | null, sessionId: string, userEpoch: number): AppError | null => {
  if (!user) return sessionEnded();
  if (user.disabled) return userDisabled();
  return userEpoch < user.sessionEpoch && sessionId !== user.exceptedSessionId ? sessionEnded() : null;
};

/**
 * Why a token is refused that its store does not hold for live. Whoever has an authentic token may know that the account is
 * disabled, which is what ended the session, and that signing in again will not help.
 */
export const refusalOf = async (state: 'expired' | 'unknown' | EndReason, snapshot: () => Promise<UserSnapshot | null>): Promise<AppError> =>
  state === 'ended' && (await snapshot())?.disabled ? userDisabled() : refusedToken(state);
