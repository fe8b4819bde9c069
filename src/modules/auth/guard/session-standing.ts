import type { AppError } from '../../../kernel/errors/index.js';
import type { UserSnapshot } from '../../users/index.js';
import { sessionEnded, userDisabled } from '../auth.errors.js';

/**
 * What the user's row says against a session that its store holds for live; null when nothing. The row is where that stands
 * which must never be undone (guarantees §4): a store that came back from an older file cannot bring an ended session back.
 */
export const objectionOf = (user: UserSnapshot | null, sessionId: string, userEpoch: number): AppError | null => {
  if (!user) return sessionEnded();
  if (user.disabled) return userDisabled();
  return userEpoch < user.sessionEpoch && sessionId !== user.exceptedSessionId ? sessionEnded() : null;
};
