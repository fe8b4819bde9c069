import type { EndReason } from './token-repository.js';

/** What the refresh table needs to know of a session; times are seconds by the store's clock, fractions included. */
export interface RefreshableSession {
  /** Null when it was issued by an admin: it has no refresh tokens. */
  readonly refreshSalt: string | null;
  readonly generation: number;
  /** When earlier generations were rotated away: the first is that of `generation - 1`, and so on. */
  readonly rotatedAt: readonly number[];
  readonly endedReason: EndReason | null;
  readonly isBehindEpoch: boolean;
  readonly idleExpiresAt: number;
  readonly expiresAt: number;
}

export interface PresentedRefresh {
  readonly generation: number;
  readonly salt: string;
  readonly graceSeconds: number;
}

export type RefreshDecision = 'rotate' | 'replay' | 'reuse' | { readonly refused: 'expired' | 'unknown' | EndReason };

/** Why a session answers no refresh any more; null while it does. What ended it goes before that its time is over. */
export const endOfSession = (
  session: Pick<RefreshableSession, 'endedReason' | 'isBehindEpoch' | 'idleExpiresAt' | 'expiresAt'>,
  now: number,
): 'expired' | EndReason | null => {
  if (session.endedReason) return session.endedReason;
  if (session.isBehindEpoch) return 'ended';
  return now >= session.idleExpiresAt || now >= session.expiresAt ? 'expired' : null;
};

/**
 * The refresh table of guarantees §2. A generation that was never given out can only come from a store that lost its last
 * writes: it is unknown here, and no reason to call its holder a thief.
 */
export const decideRefresh = (session: RefreshableSession, presented: PresentedRefresh, now: number): RefreshDecision => {
  if (session.refreshSalt === null || session.refreshSalt !== presented.salt) return { refused: 'unknown' };
  const end = endOfSession(session, now);
  if (end) return { refused: end };
  const age = session.generation - presented.generation;
  if (age < 0) return { refused: 'unknown' };
  if (age === 0) return 'rotate';
  const rotatedAt = session.rotatedAt[age - 1];
  // Grace 0 means no replay at all, however fast (guarantees §2: "0 allowed").
  const isWithinGrace = rotatedAt !== undefined && presented.graceSeconds > 0 && now - rotatedAt <= presented.graceSeconds;
  return isWithinGrace ? 'replay' : 'reuse';
};
