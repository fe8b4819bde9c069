import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository, type EntityManager } from 'typeorm';
import { GeneratedLeftoverEntity } from './generated-leftover.entity.js';

/** Generated pictures that nobody is shown with, and since when that is known. All times are the database's. */
@Injectable()
export class GeneratedLeftoversRepository {
  constructor(@InjectRepository(GeneratedLeftoverEntity) private readonly leftovers: Repository<GeneratedLeftoverEntity>) {}

  async requestErasure(manager: EntityManager, generatedKey: string): Promise<void> {
    await manager.query(
      `INSERT INTO generated_leftovers (generated_key, erase_requested) VALUES ($1, true)
       ON CONFLICT (generated_key) DO UPDATE SET erase_requested = true`,
      [generatedKey],
    );
  }

  async isErasureRequested(generatedKey: string): Promise<boolean> {
    return this.leftovers.existsBy({ generatedKey, eraseRequested: true });
  }

  async keysToErase(limit: number): Promise<string[]> {
    const rows = await this.leftovers.find({ select: { generatedKey: true }, where: { eraseRequested: true }, take: limit });
    return rows.map(({ generatedKey }) => generatedKey);
  }

  /** Notes that these are not used now; an earlier note stays. */
  async note(keys: readonly string[]): Promise<void> {
    await this.leftovers.query('INSERT INTO generated_leftovers (generated_key) SELECT unnest($1::text[]) ON CONFLICT DO NOTHING', [keys]);
  }

  async forget(keys: readonly string[]): Promise<void> {
    if (keys.length > 0) await this.leftovers.delete({ generatedKey: In([...keys]) });
  }

  /** Those of the keys that have been known as unused for this long. */
  async overdueAmong(keys: readonly string[], ttlSeconds: number): Promise<string[]> {
    const rows: { key: string }[] = await this.leftovers.query(
      `SELECT generated_key AS key FROM generated_leftovers
       WHERE generated_key = ANY($1) AND (erase_requested OR unused_since <= clock_timestamp() - make_interval(secs => $2))`,
      [keys, ttlSeconds],
    );
    return rows.map(({ key }) => key);
  }
}
