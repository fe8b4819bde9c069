import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { PreparedReads, Transactions } from '../../../kernel/database/index.js';
import type { Platform } from '../platform.js';
import type { EndedSessions } from './ended-sessions.js';
import { decideRefresh, endOfSession } from './postgres-refresh-decision.js';
import { currentAccessOf, sessionOf, verifyResultOf, type Locked, type RefreshRow, type SecretRow, type VerifyRow } from './postgres-token-rows.js';
import * as sql from './postgres-token-statements.js';
import { decideLogin, type LiveSession } from './postgres-victim-selection.js';
import {
  TokenRepository,
  type AdoptInput,
  type AdoptResult,
  type EndAllOptions,
  type EndReason,
  type IssueAdminTokenInput,
  type IssueInput,
  type IssueResult,
  type PresentedToken,
  type RefreshInput,
  type RefreshResult,
  type SessionRecord,
  type SessionSecret,
  type StartedSession,
  type TokenRef,
  type VerifyResult,
} from './token-repository.js';

type NewSession = IssueAdminTokenInput & { readonly salt: string | null; readonly idleTtlSeconds: number; readonly maxTtlSeconds: number };

/** PostgreSQL's text holds every character but this one. */
const withoutNul = (text: string | null): string | null => text && text.replaceAll('\u0000', '');

/**
 * Tokens in PostgreSQL: one row per token, with its own expiry by `clock_timestamp()`. Writes of one user stand in a queue
 * at their row in `token_users`, each a transaction; what reads does not lock, and sees one snapshot.
 */
@Injectable()
export class PostgresTokenRepository extends TokenRepository {
  constructor(
    private readonly reads: PreparedReads,
    private readonly transactions: Transactions,
    private readonly ends: EndedSessions,
  ) {
    super();
  }

  override issue(input: IssueInput): Promise<IssueResult> {
    return this.transactions.run(async (manager) => {
      const locked = await this.lockForLogin(manager, input.userId);
      const live = await manager.query<LiveSession[]>(sql.LIVE_FOR_POLICY, [input.userId, locked.now]);
      const decision = decideLogin(live, input.client.platform, input.policy);
      if (decision.outcome === 'denied') return decision;
      const evicted = decision.victims.map(({ id }) => id);
      const started = await this.start(manager, { ...input, ttlSeconds: input.accessTtlSeconds }, locked, evicted);
      if (evicted.length > 0) await this.bury(manager, input.userId, locked.now);
      await this.tell(manager, input.userId, decision.victims, 'evicted', locked.now);
      return { outcome: 'issued', ...started, generation: 1, evicted };
    });
  }

  override issueAdminToken(input: IssueAdminTokenInput): Promise<StartedSession> {
    return this.transactions.run(async (manager) => {
      const locked = await this.lockForLogin(manager, input.userId);
      return this.start(manager, { ...input, salt: null, idleTtlSeconds: input.ttlSeconds, maxTtlSeconds: input.ttlSeconds }, locked, []);
    });
  }

  override adopt(input: AdoptInput): Promise<AdoptResult> {
    return this.transactions.run(async (manager) => {
      const { userId, sessionId, tokenId, issuedAt, expiresAt, endReason } = input;
      const locked = await this.lockForLogin(manager, userId);
      if ((await manager.query<unknown[]>(sql.HAS_RECORD, [sessionId, tokenId])).length > 0) return 'known';
      if (locked.now >= expiresAt) return 'expired';
      const ttlSeconds = expiresAt - issuedAt;
      await this.start(manager, { ...input, salt: null, ttlSeconds, idleTtlSeconds: ttlSeconds, maxTtlSeconds: ttlSeconds }, locked, [], issuedAt);
      if (endReason !== null) await this.end(manager, userId, sessionId, endReason, locked.now);
      return 'adopted';
    });
  }

  override async verify(ref: PresentedToken): Promise<VerifyResult> {
    const [row] = await this.reads.rows<VerifyRow>(sql.VERIFY, [ref.userId, ref.sessionId, ref.tokenId, ref.expiresAt]);
    return verifyResultOf(ref.tokenId, row!);
  }

  override async sessionSecret(userId: string, sessionId: string, endsAt: number): Promise<SessionSecret> {
    const [row] = await this.reads.rows<SecretRow>(sql.SESSION_SECRET, [userId, sessionId]);
    if (!row) return { state: (await this.hasPassed(endsAt)) ? 'lapsed' : 'unknown' };
    if (!row.refreshSalt) return { state: 'unknown' };
    const end = endOfSession(row, row.now);
    if (end) return { state: end, salt: row.refreshSalt };
    const { refreshSalt: salt, userEpoch, generation, lastSeenAt: issuedAt } = row;
    return { state: 'live', salt, userEpoch, generation, issuedAt, expiresAt: Math.min(row.idleExpiresAt, row.expiresAt) };
  }

  override rotate(): Promise<null> {
    return Promise.resolve(null);
  }

  override refresh(input: RefreshInput): Promise<RefreshResult> {
    return this.underLock<RefreshResult>(input.userId, { outcome: 'refused', state: 'unknown' }, async (manager, { now }) => {
      const [row] = await manager.query<RefreshRow[]>(sql.SESSION_FOR_REFRESH, [input.userId, input.sessionId]);
      if (!row) return { outcome: 'refused', state: 'unknown' };
      const decision = decideRefresh(row, input, now);
      if (decision === 'rotate') return this.writeRotation(manager, input, row.expiresAt, now);
      if (decision === 'replay') {
        return { outcome: 'replayed', access: currentAccessOf(row), session: sessionOf(row), generation: row.generation };
      }
      if (decision !== 'reuse') return { outcome: 'refused', state: decision.refused };
      await this.endAndTell(manager, input.userId, input.sessionId, 'reused', now);
      return { outcome: 'reused' };
    });
  }

  override revokeToken(ref: TokenRef, reason: EndReason): Promise<boolean> {
    return this.underLock(ref.userId, false, async (manager, { now }) => {
      const revoked = await manager.query<unknown[]>(sql.REVOKE_TOKEN, [ref.userId, now, ref.sessionId, ref.tokenId, reason]);
      if (revoked.length > 0) await this.bury(manager, ref.userId, now);
      return revoked.length > 0;
    });
  }

  override endSession(userId: string, sessionId: string, reason: EndReason): Promise<boolean> {
    return this.underLock(userId, false, (manager, { now }) => this.endAndTell(manager, userId, sessionId, reason, now));
  }

  override endAll(userId: string, options: EndAllOptions): Promise<void> {
    return this.transactions.run(async (manager) => {
      const [raised] = await manager.query<Locked[]>(sql.RAISE_EPOCH, [userId]);
      if (!raised) return;
      const { keep, erase } = options;
      if (keep) await manager.query(sql.KEEP_SESSION, [userId, keep.sessionId, keep.userEpoch, raised.now]);
      if (erase) await manager.query(sql.ERASE_CLIENTS, [userId]);
      await this.bury(manager, userId, raised.now);
    });
  }

  override endPlatform(userId: string, platform: Platform): Promise<void> {
    return this.underLock(userId, undefined, async (manager, { now }) => {
      const ended = await manager.query<LiveSession[]>(sql.END_PLATFORM, [userId, now, platform]);
      await this.bury(manager, userId, now);
      await this.tell(manager, userId, ended, 'ended', now);
    });
  }

  override async list(userId: string): Promise<readonly SessionRecord[]> {
    return (await this.reads.rows<SessionRecord>(sql.LIST_SESSIONS, [userId])).map(sessionOf);
  }

  /** Runs `work` alone among the writes of the user; `otherwise` when the user has no record at all. */
  private async hasPassed(endsAt: number): Promise<boolean> {
    const [row] = await this.reads.rows<{ hasPassed: boolean }>(sql.HAS_PASSED, [endsAt]);
    return row?.hasPassed ?? false;
  }

  private underLock<T>(userId: string, otherwise: T, work: (manager: EntityManager, locked: Locked) => Promise<T>): Promise<T> {
    return this.transactions.run(async (manager) => {
      const [locked] = await manager.query<Locked[]>(sql.LOCK_USER, [userId]);
      return locked ? work(manager, locked) : otherwise;
    });
  }

  private async lockForLogin(manager: EntityManager, userId: string): Promise<Locked & { seq: string }> {
    const [locked] = await manager.query<[Locked & { seq: string }]>(sql.LOCK_USER_FOR_LOGIN, [userId]);
    return locked;
  }

  /** `iat` is the whole second, `exp` is `iat` + lifetime, and no token outlives its session's absolute end (guarantees §1). */
  private async start(
    manager: EntityManager,
    input: NewSession,
    locked: Locked & { seq: string },
    victims: readonly string[],
    issuedAt = Math.floor(locked.now),
  ): Promise<StartedSession> {
    const { platform, deviceName, ipAddress, userAgent } = input.client;
    const endsAt = issuedAt + input.maxTtlSeconds;
    const access = { tokenId: input.tokenId, issuedAt, expiresAt: Math.min(issuedAt + input.ttlSeconds, endsAt) };
    const [session] = await manager.query<[SessionRecord]>(sql.START_SESSION, [
      input.userId, locked.now, victims, input.sessionId, input.tokenId,
      platform, withoutNul(deviceName), ipAddress, withoutNul(userAgent), locked.seq, locked.epoch, input.userEpoch, input.salt,
      issuedAt, access.expiresAt, Math.min(issuedAt + input.idleTtlSeconds, endsAt), endsAt,
    ]);
    return { access, session: sessionOf(session) };
  }

  private async writeRotation(manager: EntityManager, input: RefreshInput, endsAt: number, now: number): Promise<RefreshResult> {
    const issuedAt = Math.floor(now);
    const access = { tokenId: input.newTokenId, issuedAt, expiresAt: Math.min(issuedAt + input.accessTtlSeconds, endsAt) };
    const [row] = await manager.query<[SessionRecord & { generation: number }]>(sql.ROTATE, [
      input.userId, now, input.sessionId, input.newTokenId, issuedAt, access.expiresAt,
      Math.min(issuedAt + input.idleTtlSeconds, endsAt), input.client.ipAddress, withoutNul(input.client.userAgent),
    ]);
    return { outcome: 'rotated', access, session: sessionOf(row), generation: row.generation };
  }

  private async end(manager: EntityManager, userId: string, sessionId: string, reason: EndReason, now: number): Promise<readonly LiveSession[]> {
    const ended = await manager.query<LiveSession[]>(sql.END_SESSION, [userId, now, sessionId, reason]);
    if (ended.length > 0) await this.bury(manager, userId, now);
    return ended;
  }

  private async endAndTell(manager: EntityManager, userId: string, sessionId: string, reason: EndReason, now: number): Promise<boolean> {
    const ended = await this.end(manager, userId, sessionId, reason, now);
    await this.tell(manager, userId, ended, reason, now);
    return ended.length > 0;
  }

  private tell(manager: EntityManager, userId: string, sessions: readonly LiveSession[], reason: EndReason, now: number): Promise<void> {
    const endedAt = new Date(now * 1000).toISOString();
    return this.ends.within(manager, sessions.map(({ id, platform }) => ({ userId, sessionId: id, platform, reason, endedAt })));
  }

  private async bury(manager: EntityManager, userId: string, now: number): Promise<void> {
    await manager.query(sql.BURY, [userId, now]);
  }
}