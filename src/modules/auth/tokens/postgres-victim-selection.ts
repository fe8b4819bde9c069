import { MAX_SESSIONS_PER_USER, type LoginPolicy } from '../../../kernel/config/index.js';
import type { Platform } from '../platform.js';
import { loginScope } from './login-scope.js';

export interface LiveSession {
  readonly id: string;
  readonly platform: Platform;
}

export type LoginDecision = { readonly outcome: 'admitted'; readonly victims: readonly LiveSession[] } | { readonly outcome: 'denied' };

/** The oldest that must go so that, with one more, no more than `limit` are left. */
const surplusOf = (sessions: readonly LiveSession[], limit: number): ReadonlySet<LiveSession> =>
  new Set(sessions.slice(0, Math.max(0, sessions.length - limit + 1)));

/**
 * What the login policy says to one more session: who must go, oldest first, or that it is denied. `live` holds the user's
 * live sessions by ascending sequence number, without those issued by an admin.
 */
export const decideLogin = (live: readonly LiveSession[], platform: Platform, policy: LoginPolicy): LoginDecision => {
  const { rivals, limit } = loginScope(policy, platform);
  const surplus = surplusOf(live.filter((session) => rivals.includes(session.platform)), limit);
  const overCap = surplusOf(live.filter((session) => !surplus.has(session)), MAX_SESSIONS_PER_USER);
  const victims = live.filter((session) => surplus.has(session) || overCap.has(session));
  if (victims.length > 0 && policy.onLimit === 'deny') return { outcome: 'denied' };
  return { outcome: 'admitted', victims };
};
