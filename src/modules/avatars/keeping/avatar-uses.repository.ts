import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Not, Repository, type EntityManager } from 'typeorm';
import { AvatarUseEntity } from './avatar-use.entity.js';

/** First half of the two-part advisory lock; the second is a hash of the key (another key with that hash only waits). */
const PICTURE_LOCK = 1_281_978_227;

/** First half of the lock of who sweeps. */
const SWEEP_LOCK = 1_281_978_228;

/** A row of a picture that was replaced longer ago than $2 seconds. */
const OVERDUE = 'COALESCE(superseded_at <= clock_timestamp() - make_interval(secs => $2), false)';

const KEPT_AFTER = 'SELECT DISTINCT picture_key FROM avatar_uses WHERE erase_requested_at IS NULL AND picture_key > $1 ORDER BY picture_key LIMIT $2';

/** Who is or was shown with which uploaded picture. All times are the database's. */
@Injectable()
export class AvatarUsesRepository {
  constructor(@InjectRepository(AvatarUseEntity) private readonly uses: Repository<AvatarUseEntity>) {}

  /** Until the transaction ends nobody removes the bytes of this key. Held by any number at once. */
  async lockShared(manager: EntityManager, key: string): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock_shared($1, hashtext($2))', [PICTURE_LOCK, key]);
  }

  /** Until the transaction ends nobody begins to use this key. */
  async lockExclusive(manager: EntityManager, key: string): Promise<void> {
    await manager.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [PICTURE_LOCK, key]);
  }

  async begin(manager: EntityManager, userId: string, key: string): Promise<void> {
    await manager.query(
      `INSERT INTO avatar_uses (user_id, picture_key) VALUES ($1, $2)
       ON CONFLICT (user_id, picture_key) DO UPDATE SET superseded_at = NULL, erase_requested_at = NULL, created_at = clock_timestamp()`,
      [userId, key],
    );
  }

  async supersede(manager: EntityManager, userId: string, key: string): Promise<void> {
    await manager.query('UPDATE avatar_uses SET superseded_at = clock_timestamp() WHERE user_id = $1 AND picture_key = $2', [userId, key]);
  }

  async requestErasure(manager: EntityManager, userId: string): Promise<void> {
    await manager.query('UPDATE avatar_uses SET erase_requested_at = clock_timestamp() WHERE user_id = $1', [userId]);
  }

  /** Keys that an erased user (or any, without `userId`) leaves to be erased; at most `limit`. */
  async keysToErase(limit: number, userId?: string): Promise<string[]> {
    const rows = await this.uses.find({ select: { pictureKey: true }, where: { ...(userId === undefined ? {} : { userId }), eraseRequestedAt: Not(IsNull()) }, take: limit });
    return [...new Set(rows.map((row) => row.pictureKey))];
  }

  /** The newest first; without those that wait to be erased. */
  ofUser(userId: string): Promise<AvatarUseEntity[]> {
    return this.uses.find({ where: { userId, eraseRequestedAt: IsNull() }, order: { createdAt: 'DESC' } });
  }

  /** Whether anybody is, or within the time to keep was, shown with this picture. */
  isKept(manager: EntityManager, key: string): Promise<boolean> {
    return manager.existsBy(AvatarUseEntity, { pictureKey: key, eraseRequestedAt: IsNull() });
  }

  async forgetErased(manager: EntityManager, key: string): Promise<void> {
    await manager.delete(AvatarUseEntity, { pictureKey: key, eraseRequestedAt: Not(IsNull()) });
  }

  /** Whether there is any row of this key, one that asks for its erasure included. */
  isKnown(manager: EntityManager, key: string): Promise<boolean> {
    return manager.existsBy(AvatarUseEntity, { pictureKey: key });
  }

  async knownAmong(keys: readonly string[]): Promise<string[]> {
    return keysOf(await this.uses.query('SELECT DISTINCT picture_key FROM avatar_uses WHERE picture_key = ANY($1)', [keys]));
  }

  /** Keys that some user has replaced longer ago than `ttlSeconds`, in order, after this one. */
  async supersededKeysAfter(afterKey: string, ttlSeconds: number, limit: number): Promise<string[]> {
    return keysOf(await this.uses.query(`SELECT DISTINCT picture_key FROM avatar_uses WHERE ${OVERDUE} AND picture_key > $1 ORDER BY picture_key LIMIT $3`, [afterKey, ttlSeconds, limit]));
  }

  async forgetSuperseded(manager: EntityManager, key: string, ttlSeconds: number): Promise<void> {
    await manager.query(`DELETE FROM avatar_uses WHERE picture_key = $1 AND ${OVERDUE}`, [key, ttlSeconds]);
  }

  /** Whether any row would be left that keeps the key, were those gone that were superseded longer ago than `ttlSeconds`. */
  async isKeptBeyond(manager: EntityManager, key: string, ttlSeconds: number): Promise<boolean> {
    const rows: unknown[] = await manager.query(`SELECT 1 FROM avatar_uses WHERE picture_key = $1 AND erase_requested_at IS NULL AND NOT (${OVERDUE}) LIMIT 1`, [key, ttlSeconds]);
    return rows.length > 0;
  }

  /** Keys whose bytes must be there, in order, after this one. */
  async keptKeysAfter(afterKey: string, limit: number): Promise<string[]> {
    return keysOf(await this.uses.query(KEPT_AFTER, [afterKey, limit]));
  }

  /** The same, as the transaction sees them. */
  async keptKeysWithin(manager: EntityManager, afterKey: string, limit: number): Promise<string[]> {
    return keysOf(await manager.query(KEPT_AFTER, [afterKey, limit]));
  }

  async keptAmong(keys: readonly string[]): Promise<string[]> {
    return keysOf(await this.uses.query('SELECT DISTINCT picture_key FROM avatar_uses WHERE erase_requested_at IS NULL AND picture_key = ANY($1)', [keys]));
  }

  /** Runs `work` unless another process is at it; null then. The lock is that of a transaction which does nothing else: a pooler has no sessions, and a crash frees it. */
  async unlessSweeping<T>(work: () => Promise<T>): Promise<T | null> {
    const runner = this.uses.manager.connection.createQueryRunner('master');
    try {
      await runner.startTransaction();
      await runner.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      const [row] = (await runner.query('SELECT pg_try_advisory_xact_lock($1, 0) AS granted', [SWEEP_LOCK])) as [{ granted: boolean }];
      return row.granted ? await work() : null;
    } finally {
      if (runner.isTransactionActive && !runner.isReleased) await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
  }
}

const keysOf = (rows: { picture_key: string }[]): string[] => rows.map((row) => row.picture_key);
