import type { LoginPolicy } from '../../../kernel/config/index.js';
import { platformClass, type Platform } from '../platform.js';

/** Whatever the policy says, no user ever has more live sessions (guarantees §3). */
export const MAX_SESSIONS_PER_USER = 100;

export interface LiveSession {
  readonly id: string;
  readonly platform: Platform;
}

export type LoginDecision = { readonly outcome: 'admitted'; readonly victims: readonly string[] } | { readonly outcome: 'denied' };

/** The sessions that compete with a login from `platform` for its place, and how many of them the policy lets live. */
const rivalsOf = (policy: LoginPolicy, platform: Platform): { isRival: (other: Platform) => boolean; limit: number } => {
  switch (policy.name) {
    case 'unlimited':
      return { isRival: (other) => other === platform, limit: policy.max };
    case 'one-per-platform':
      return { isRival: (other) => other === platform, limit: 1 };
    case 'one-per-class':
      return { isRival: (other) => platformClass(other) === platformClass(platform), limit: 1 };
    case 'desktop-and-one-other':
      return platformClass(platform) === 'desktop'
        ? { isRival: () => false, limit: 1 }
        : { isRival: (other) => platformClass(other) !== 'desktop', limit: 1 };
    case 'single':
      return { isRival: () => true, limit: 1 };
  }
};

/**
 * What the login policy says to one more session: who must go, oldest first, or that it is denied. `live` holds the user's
 * live sessions by ascending sequence number, without those issued by an admin.
 */
export const decideLogin = (live: readonly LiveSession[], platform: Platform, policy: LoginPolicy): LoginDecision => {
  const { isRival, limit } = rivalsOf(policy, platform);
  const rivals = live.filter((session) => isRival(session.platform));
  const surplus = rivals.slice(0, Math.max(0, rivals.length - limit + 1));
  const others = live.filter((session) => !surplus.includes(session));
  const overCap = others.slice(0, Math.max(0, others.length - MAX_SESSIONS_PER_USER + 1));
  const victims = live.filter((session) => surplus.includes(session) || overCap.includes(session));
  if (victims.length > 0 && policy.onLimit === 'deny') return { outcome: 'denied' };
  return { outcome: 'admitted', victims: victims.map((session) => session.id) };
};
