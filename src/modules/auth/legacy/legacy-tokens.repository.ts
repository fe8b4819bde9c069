import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../kernel/database/index.js';

export interface LegacySighting {
  readonly userId: string;
  readonly userEpoch: number;
  readonly isAdopted: boolean;
}

/** Takes some of what has expired with it, so that no job is needed. $1 token, $2 user, $3 the user's epoch, $4 its `exp`. → the first sighting. */
const SIGHT = `
  WITH expired AS (
    DELETE FROM legacy_tokens WHERE token_id IN (
      SELECT token_id FROM legacy_tokens WHERE expires_at <= clock_timestamp() AND token_id <> $1 ORDER BY expires_at LIMIT 10 FOR UPDATE SKIP LOCKED)
  ), added AS (
    INSERT INTO legacy_tokens (token_id, user_id, user_epoch, expires_at) VALUES ($1, $2, $3, to_timestamp($4))
    ON CONFLICT (token_id) DO NOTHING RETURNING user_id, user_epoch, is_adopted
  )
  SELECT user_id AS "userId", user_epoch AS "userEpoch", is_adopted AS "isAdopted" FROM added
  UNION ALL
  SELECT user_id, user_epoch, is_adopted FROM legacy_tokens WHERE token_id = $1`;

const SEEN = `SELECT user_id AS "userId", user_epoch AS "userEpoch", is_adopted AS "isAdopted" FROM legacy_tokens WHERE token_id = $1`;
const ADOPTED = 'UPDATE legacy_tokens SET is_adopted = true WHERE token_id = $1 AND NOT is_adopted';

/** Which of the old server's tokens were seen here. In PostgreSQL, because no store of tokens that forgot one may bring it back. */
@Injectable()
export class LegacyTokensRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Notes a token that is seen for the first time, and answers what was noted then, whoever did. */
  async sight(tokenId: string, userId: string, userEpoch: number, expiresAt: number): Promise<LegacySighting> {
    return this.transactions.run(async (manager) => {
      const [noted] = await manager.query<LegacySighting[]>(SIGHT, [tokenId, userId, userEpoch, expiresAt]);
      // Another one who inserts it at the same moment: in a new snapshot it is there.
      return noted ?? (await manager.query<[LegacySighting]>(SEEN, [tokenId]))[0];
    });
  }

  /** What was noted of it; null for one that was never seen. */
  seen(tokenId: string): Promise<LegacySighting | null> {
    return this.transactions.run(async (manager) => (await manager.query<LegacySighting[]>(SEEN, [tokenId]))[0] ?? null);
  }

  /** The store of tokens has it. */
  async markAdopted(tokenId: string): Promise<void> {
    await this.transactions.run((manager) => manager.query(ADOPTED, [tokenId]));
  }

  /** Epoch ms by the database's clock. */
  async now(): Promise<number> {
    const [row] = await this.transactions.run((manager) => manager.query<[{ ms: number }]>('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms'));
    return row.ms;
  }
}
