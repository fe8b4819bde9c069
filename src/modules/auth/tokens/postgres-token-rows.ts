import type { Platform } from '../platform.js';
import type { RefreshableSession } from './postgres-refresh-decision.js';
import type { AccessGrant, EndReason, SessionRecord, VerifyResult } from './token-repository.js';

/** What a statement that takes the user's lock answers: the epoch, and the store's time in seconds with fractions. */
export interface Locked {
  readonly epoch: number;
  readonly now: number;
}

export interface SecretRow extends Pick<RefreshableSession, 'refreshSalt' | 'endedReason' | 'isBehindEpoch' | 'expiresAt' | 'idleExpiresAt'> {
  readonly userEpoch: number;
  readonly generation: number;
  readonly lastSeenAt: number;
  readonly now: number;
}

export interface RefreshRow extends RefreshableSession, SessionRecord {
  readonly accessTokenId: string;
  readonly accessExpiresAt: number;
  readonly expiresAt: number;
  readonly idleExpiresAt: number;
}

/** All but `state` is null unless the token is there. */
export interface VerifyRow {
  readonly state: 'live' | 'expired' | 'unknown' | EndReason;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly platform: Platform;
  readonly userEpoch: number;
}

export const sessionOf = (row: SessionRecord): SessionRecord => ({
  id: row.id,
  userId: row.userId,
  platform: row.platform,
  deviceName: row.deviceName,
  ipAddress: row.ipAddress,
  userAgent: row.userAgent,
  createdAt: row.createdAt,
  lastSeenAt: row.lastSeenAt,
  expiresAt: row.expiresAt,
  idleExpiresAt: row.idleExpiresAt,
  userEpoch: row.userEpoch,
});

/** The access token of the session's current generation: it was issued when the session was last seen. */
export const currentAccessOf = (row: RefreshRow): AccessGrant => ({
  tokenId: row.accessTokenId,
  issuedAt: row.lastSeenAt,
  expiresAt: row.accessExpiresAt,
});

export const verifyResultOf = (tokenId: string, row: VerifyRow): VerifyResult => {
  if (row.state !== 'live') return { state: row.state };
  const access = { tokenId, issuedAt: row.issuedAt, expiresAt: row.expiresAt };
  return { state: 'live', platform: row.platform, userEpoch: row.userEpoch, access };
};
