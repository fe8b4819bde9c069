import type { Caller } from './caller.js';

/** The last moment that a `Date` can hold, in seconds. */
const LAST_SECOND = 8_640_000_000_000;

/** The caller that claims tell of; null when they name nobody, or an end that is none: JSON can say a number in `sub`, and `1e400` in `exp`. */
export const callerFrom = ({ sub, exp, sid, roles, platform }: Readonly<Record<string, unknown>>): Caller | null => {
  if (typeof sub !== 'string' || sub === '' || typeof exp !== 'number' || !(Math.abs(exp) <= LAST_SECOND)) return null;
  return {
    userId: sub,
    sessionId: typeof sid === 'string' ? sid : null,
    roles: Array.isArray(roles) ? roles.filter((role): role is string => typeof role === 'string') : [],
    platform: typeof platform === 'string' ? platform : null,
    expiresAt: new Date(exp * 1000),
  };
};
