import type { FencedRead } from '../../../kernel/cache/index.js';
import type { LoginPolicy } from '../../../kernel/config/index.js';
import type { LimitRoom } from '../../../kernel/limits/index.js';
import type { Platform } from '../platform.js';

/** Why a session or a token no longer counts. Kept until the token's own expiry, so that its holder can be told. */
export type EndReason = 'ended' | 'evicted' | 'revoked' | 'reused';

export interface TokenRef {
  readonly userId: string;
  readonly sessionId: string;
  readonly tokenId: string;
}

/** `expiresAt` is the signed `exp` of the presented token, epoch seconds. */
export interface PresentedToken extends TokenRef {
  readonly expiresAt: number;
}

/** Seconds since the epoch by the store's clock: `expiresAt` is the token's `exp`, the record's own expiry, and what every answer says. */
export interface AccessGrant {
  readonly tokenId: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface SessionRecord {
  readonly id: string;
  readonly userId: string;
  readonly platform: Platform;
  readonly deviceName: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
  /** Epoch seconds. */
  readonly createdAt: number;
  readonly lastSeenAt: number;
  /** The absolute end; epoch seconds. */
  readonly expiresAt: number;
  /** The idle end, moved by rotation alone; equals `expiresAt` for admin-issued tokens. */
  readonly idleExpiresAt: number;
  /** The user's durable session epoch (PostgreSQL) under which it was issued. */
  readonly userEpoch: number;
}

export interface SessionClient {
  readonly platform: Platform;
  readonly deviceName: string | null;
  readonly ipAddress: string | null;
  readonly userAgent: string | null;
}

export interface IssueInput extends TokenRef {
  readonly client: SessionClient;
  readonly userEpoch: number;
  readonly policy: LoginPolicy;
  readonly accessTtlSeconds: number;
  readonly idleTtlSeconds: number;
  readonly maxTtlSeconds: number;
  /** 16 random bytes, base64url; bound into the MAC of every refresh token of the session. */
  readonly salt: string;
}

export type IssueResult =
  | { readonly outcome: 'issued'; readonly access: AccessGrant; readonly session: SessionRecord; readonly generation: number; readonly evicted: readonly string[] }
  | { readonly outcome: 'denied' };

export interface StartedSession {
  readonly access: AccessGrant;
  readonly session: SessionRecord;
}

export interface IssueAdminTokenInput extends TokenRef {
  readonly client: SessionClient;
  readonly userEpoch: number;
  readonly ttlSeconds: number;
}

/** A token that another service issued, with the times it gave it (whole epoch seconds, `issuedAt` before `expiresAt`). */
export interface AdoptInput extends TokenRef {
  readonly client: SessionClient;
  readonly userEpoch: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Why it counts no more, when it was ended there. */
  readonly endReason: EndReason | null;
}

export type AdoptResult = 'adopted' | 'known' | 'expired';

/** `entry` is the user's fenced cache entry, when the store that holds the tokens also holds it: one round trip for both. */
export type VerifyResult =
  | { readonly state: 'live'; readonly platform: Platform; readonly access: AccessGrant; readonly userEpoch: number; readonly entry?: FencedRead }
  | { readonly state: 'expired' | 'unknown' | EndReason };

export interface RefreshInput {
  readonly userId: string;
  readonly sessionId: string;
  /** The generation the presented refresh token carries. */
  readonly generation: number;
  /** The salt its MAC was checked with: another one in the record means another session. */
  readonly salt: string;
  /** Used if this rotates. */
  readonly newTokenId: string;
  readonly accessTtlSeconds: number;
  readonly idleTtlSeconds: number;
  readonly graceSeconds: number;
  readonly client: Pick<SessionClient, 'ipAddress' | 'userAgent'>;
}

export type RefreshResult =
  | { readonly outcome: 'rotated' | 'replayed'; readonly access: AccessGrant; readonly session: SessionRecord; readonly generation: number }
  | { readonly outcome: 'reused' }
  | { readonly outcome: 'refused'; readonly state: 'expired' | 'unknown' | EndReason };

/** A session as a look at its secret found it, with the stamp of its user's entry; the same object as long as that is all that is known of it. */
export interface SeenSession {
  readonly userId: string;
  readonly sessionId: string;
  readonly salt: string;
  readonly userEpoch: number;
  readonly entryStamp: string;
}

export type RotateInput = Omit<RefreshInput, 'userId' | 'sessionId' | 'salt' | 'graceSeconds'> & {
  readonly seen: SeenSession;
  /** Without room within these limits it is not done. */
  readonly room: LimitRoom;
};

/** The pair of the generation after the one that was presented. */
export interface Rotation {
  readonly access: AccessGrant;
  readonly session: Pick<SessionRecord, 'id' | 'platform' | 'idleExpiresAt' | 'expiresAt'>;
  readonly generation: number;
}

export interface LiveSessionSecret {
  readonly state: 'live';
  readonly salt: string;
  readonly userEpoch: number;
  /** Of the current refresh token: its generation, when it was issued, and the idle or absolute end, whichever comes first; epoch seconds. */
  readonly generation: number;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** As in `VerifyResult`. */
  readonly entry?: FencedRead;
}

/** What a refresh needs before it may touch anything: the salt for the MAC, and the epoch to hold against the user's row. */
export type SessionSecret =
  | LiveSessionSecret
  | { readonly state: EndReason | 'expired'; readonly salt: string }
  | { readonly state: 'lapsed' | 'unknown' };

export interface EndAllOptions {
  readonly keep?: { readonly sessionId: string; readonly userEpoch: number };
  readonly erase?: boolean;
}

/**
 * The authority on sessions and access tokens (guarantees §1–3). One record per token with its own absolute expiry; the
 * store's clock is the only clock; every method is atomic. When the store is away every method throws `service.unavailable`
 * (fail closed: 503, never 401), and one that writes `request.outcome_unknown` (503) where its answer is lost. Adapters: Redis (one key per token) and PostgreSQL (one row per token).
 */
export abstract class TokenRepository {
  /** Starts a session under the login policy; victims are chosen and marked in the same step. */
  abstract issue(input: IssueInput): Promise<IssueResult>;

  /** A session without refresh that no policy counts or evicts; it lives exactly `ttlSeconds`. */
  abstract issueAdminToken(input: IssueAdminTokenInput): Promise<StartedSession>;

  /**
   * Takes in another service's token, as a session like an admin-issued one: it ends exactly at `expiresAt`. Nothing is touched
   * when a record of it is here (`known`), however it stands, or when it has expired by the store's clock.
   */
  abstract adopt(input: AdoptInput): Promise<AdoptResult>;

  /**
   * O(1), one round trip. `expiresAt` is the signed `exp` of the presented token (epoch seconds): when the record has
   * already gone, the store's clock against it tells `expired` from `unknown`; the record alone decides `live`.
   */
  abstract verify(ref: PresentedToken): Promise<VerifyResult>;

  /**
   * `endsAt` is when the presented refresh token ends by its own word (epoch seconds): when the session's record has already gone, the
   * store's clock against it tells `lapsed` from `unknown`.
   */
  abstract sessionSecret(userId: string, sessionId: string, endsAt: number): Promise<SessionSecret>;

  /**
   * The first line of that table alone: rotates, if the generation is the current one and all that was seen is still so, in the same step. Null: it
   * is not, or this store has no such step, and nothing was touched; `refresh` says more.
   */
  abstract rotate(input: RotateInput): Promise<Rotation | null>;

  /** The refresh table of guarantees §2. */
  abstract refresh(input: RefreshInput): Promise<RefreshResult>;

  /** Revokes one access token; its session lives on. False when there is no live record. */
  abstract revokeToken(ref: TokenRef, reason: EndReason): Promise<boolean>;

  /** Ends one session with its tokens. False when it is not a live session of this user. */
  abstract endSession(userId: string, sessionId: string, reason: EndReason): Promise<boolean>;

  /**
   * Ends every session by raising the epoch, except `keep`, which is stamped anew with `userEpoch` in the same step.
   * `erase` also forgets device names, addresses and user agents (deletion of the user).
   */
  abstract endAll(userId: string, options: EndAllOptions): Promise<void>;

  /** Ends the live sessions of one platform. */
  abstract endPlatform(userId: string, platform: Platform): Promise<void>;

  /** Live sessions, newest first. */
  abstract list(userId: string): Promise<readonly SessionRecord[]>;
}
