import { AppError, outcomeUnknown, serviceUnavailable } from '../errors/index.js';

/** Answers of a Redis that is there, but cannot do it now: away in all but name. Anything else it answers is a fault of ours. */
const AWAY = /^-?(LOADING|READONLY|CLUSTERDOWN|TRYAGAIN|MASTERDOWN|OOM|NOREPLICAS|MISCONF|BUSY|NOAUTH|WRONGPASS|NOPERM|MOVED|ASK|UNKILLABLE)\b|non local key|max number of clients/;

const isReply = (error: Error): boolean => error.name === 'ReplyError';

/** Why a server that answers would not write, in its own word; null for any other failure. */
export const writeRefusalOf = (error: unknown): string | null =>
  error instanceof Error && isReply(error) ? (/^-?(READONLY|OOM|NOREPLICAS|MISCONF|CLUSTERDOWN|MASTERDOWN)\b/.exec(error.message)?.[1] ?? null) : null;

export const isNoScript = (error: unknown): boolean => error instanceof Error && error.message.startsWith('NOSCRIPT');

const MOVING = /\bTRYAGAIN\b|^Too many Cluster redirections/;

/**
 * The slot of the keys is on the move and they are not all in one place (Redis Cluster); nothing was executed. The client tries a TRYAGAIN at any
 * node, so that its last answer may as well be that one's MOVED. Also looks under the mapped error.
 */
export const isSlotMoving = (error: unknown): boolean =>
  error instanceof Error && (MOVING.test(error.message) || (error.cause !== undefined && isSlotMoving(error.cause)));

/** Whatever went wrong with the store as the error to throw: `service.unavailable` unless the script itself is wrong. */
export const storeError = (error: unknown): Error => {
  if (error instanceof AppError) return error;
  if (error instanceof Error && isReply(error) && !AWAY.test(error.message)) return error;
  return serviceUnavailable(error);
};

/** The client did not send the command, for want of a connection, or every node sent it on to another: nothing was executed. */
const NOT_EXECUTED = /enableOfflineQueue|^Too many Cluster redirections|^(Failed to refresh slots cache|None of startup nodes)/;

/** The same for a script that writes: `request.outcome_unknown` where it was sent and its answer is lost, so that it may have been carried out. */
export const writeError = (error: unknown): Error => {
  const mapped = storeError(error);
  return mapped !== error && error instanceof Error && !isReply(error) && !NOT_EXECUTED.test(error.message) ? outcomeUnknown(error) : mapped;
};
