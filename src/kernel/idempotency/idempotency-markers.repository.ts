import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactions } from '../database/index.js';

/** As long as any request may take; an attempt that is silent for longer is given up. */
const CLAIM_SECONDS = 20;

export interface MarkerState {
  readonly bodyMac: Buffer;
  readonly sealedAnswer: Buffer | null;
}

export interface NewClaim {
  readonly marker: Buffer;
  readonly bodyMac: Buffer;
  readonly claim: string;
  readonly ttlSeconds: number;
}

/** $1 marker, $2 body, $3 claim, $4 claim's seconds, $5 lifetime. Takes what is free, what has expired, and what a dead attempt at the same request left. */
const CLAIM = `
  WITH claimed AS (
    INSERT INTO idempotency_keys AS k (marker, body_mac, claim, claimed_until, expires_at)
    VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4), clock_timestamp() + make_interval(secs => $5))
    ON CONFLICT (marker) DO UPDATE SET body_mac = excluded.body_mac, claim = excluded.claim, claimed_until = excluded.claimed_until,
      expires_at = CASE WHEN k.expires_at <= clock_timestamp() THEN excluded.expires_at ELSE k.expires_at END,
      subject_id = CASE WHEN k.expires_at <= clock_timestamp() THEN NULL ELSE k.subject_id END,
      user_id = CASE WHEN k.expires_at <= clock_timestamp() THEN NULL ELSE k.user_id END,
      sealed_answer = NULL
    WHERE k.expires_at <= clock_timestamp() OR (k.sealed_answer IS NULL AND k.claimed_until <= clock_timestamp() AND k.body_mac = excluded.body_mac)
    RETURNING subject_id
  ) SELECT subject_id AS "subjectId" FROM claimed`;

const RECORD = 'WITH held AS (UPDATE idempotency_keys SET subject_id = $3, user_id = $4 WHERE marker = $1 AND claim = $2 RETURNING 1 AS one) SELECT one FROM held';

const ANSWER = `UPDATE idempotency_keys SET sealed_answer = $3, expires_at = clock_timestamp() + make_interval(secs => $4) WHERE marker = $1 AND claim = $2`;

const PRUNE = `
  WITH gone AS (
    DELETE FROM idempotency_keys WHERE marker IN (SELECT marker FROM idempotency_keys WHERE expires_at <= clock_timestamp() LIMIT $1 FOR UPDATE SKIP LOCKED) RETURNING 1
  ) SELECT count(*)::int AS count FROM gone`;

/** The rows of idempotency keys. PostgreSQL's clock is the only one. */
@Injectable()
export class IdempotencyMarkers {
  constructor(private readonly transactions: Transactions) {}

  /** What an earlier attempt has made, or null in it; null itself when the key is not free. */
  claim({ marker, bodyMac, claim, ttlSeconds }: NewClaim): Promise<{ readonly subjectId: string | null } | null> {
    return this.transactions.run(async (manager) => {
      const [row] = await manager.query<{ subjectId: string | null }[]>(CLAIM, [marker, bodyMac, claim, CLAIM_SECONDS, ttlSeconds]);
      return row ?? null;
    });
  }

  state(marker: Buffer): Promise<MarkerState | null> {
    return this.transactions.run(async (manager) => {
      const sql = 'SELECT body_mac AS "bodyMac", sealed_answer AS "sealedAnswer" FROM idempotency_keys WHERE marker = $1';
      const [row] = await manager.query<MarkerState[]>(sql, [marker]);
      return row ?? null;
    });
  }

  /** False when the claim is another's by now. */
  async record(manager: EntityManager, marker: Buffer, claim: string, made: { readonly subjectId: string; readonly userId: string | null }): Promise<boolean> {
    return (await manager.query<unknown[]>(RECORD, [marker, claim, made.subjectId, made.userId])).length > 0;
  }

  async answer(marker: Buffer, claim: string, sealedAnswer: Buffer, ttlSeconds: number): Promise<void> {
    await this.transactions.run((manager) => manager.query(ANSWER, [marker, claim, sealedAnswer, ttlSeconds]));
  }

  /** For the next attempt to take at once; where something was made, that stays known. */
  async release(marker: Buffer, claim: string): Promise<void> {
    await this.transactions.run(async (manager) => {
      await manager.query('DELETE FROM idempotency_keys WHERE marker = $1 AND claim = $2 AND subject_id IS NULL', [marker, claim]);
      await manager.query('UPDATE idempotency_keys SET claimed_until = clock_timestamp() WHERE marker = $1 AND claim = $2', [marker, claim]);
    });
  }

  prune(limit: number): Promise<number> {
    return this.transactions.run(async (manager) => {
      const [row] = await manager.query<[{ count: number }]>(PRUNE, [limit]);
      return row.count;
    });
  }
}
