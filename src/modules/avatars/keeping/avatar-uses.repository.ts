import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { IsNull, Not, Repository, type EntityManager } from 'typeorm';
import { AvatarUseEntity } from './avatar-use.entity.js';

/** First half of the two-part advisory lock; the second is a hash of the key (another key with that hash only waits). */
const PICTURE_LOCK = 1_281_978_227;

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

  /** Whether anybody is, or within the time to keep was, shown with this picture. */
  isKept(manager: EntityManager, key: string): Promise<boolean> {
    return manager.existsBy(AvatarUseEntity, { pictureKey: key, eraseRequestedAt: IsNull() });
  }

  async forgetErased(manager: EntityManager, key: string): Promise<void> {
    await manager.delete(AvatarUseEntity, { pictureKey: key, eraseRequestedAt: Not(IsNull()) });
  }
}
