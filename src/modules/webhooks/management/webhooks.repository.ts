import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Transactions } from '../../../kernel/database/index.js';
import type { WebhookEventType } from '../webhook-event.js';

const PREVIOUS_UNTIL = 'CASE WHEN previous_secret_until > clock_timestamp() THEN previous_secret_until END';
const COLUMNS = `id, url, description, events, disabled, sealed_secret AS "sealedSecret", ${PREVIOUS_UNTIL} AS "previousSecretUntil",
  created_at AS "createdAt", updated_at AS "updatedAt"`;
/** So that two who add the last one allowed count one after the other. */
const COUNT_LOCK = 7_305_438_217_017;

export interface WebhookRecord {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly WebhookEventType[];
  readonly disabled: boolean;
  readonly sealedSecret: Buffer;
  /** Null when only one secret signs. */
  readonly previousSecretUntil: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What is done in the transaction of the change, if there is one. */
export type WithinChange = (manager: EntityManager) => Promise<void>;

export interface NewWebhook {
  readonly id: string;
  readonly url: string;
  readonly description: string | null;
  readonly events: readonly WebhookEventType[];
  readonly sealedSecret: Buffer;
}

/** What is undefined stays as it is. */
export interface WebhookChange {
  readonly url?: string;
  readonly description?: string | null;
  readonly events?: readonly WebhookEventType[];
  readonly disabled?: boolean;
}

/** The rows of webhooks, for those who manage them. */
@Injectable()
export class WebhooksRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Newest first. */
  pageAfter(afterId: string | null, limit: number): Promise<WebhookRecord[]> {
    const sql = `SELECT ${COLUMNS} FROM webhooks WHERE $1::uuid IS NULL OR id < $1 ORDER BY id DESC LIMIT $2`;
    return this.transactions.run((manager) => manager.query<WebhookRecord[]>(sql, [afterId, limit]));
  }

  async byId(id: string): Promise<WebhookRecord | null> {
    const rows = await this.transactions.run((manager) => manager.query<WebhookRecord[]>(`SELECT ${COLUMNS} FROM webhooks WHERE id = $1`, [id]));
    return rows[0] ?? null;
  }

  /** Null when there are `limit` already; else `within` runs in the same transaction. */
  insert({ id, url, description, events, sealedSecret }: NewWebhook, limit: number, within: WithinChange): Promise<WebhookRecord | null> {
    return this.transactions.run(async (manager) => {
      await manager.query('SELECT pg_advisory_xact_lock($1)', [COUNT_LOCK]);
      const inserted = await manager.query<WebhookRecord[]>(
        `WITH inserted AS (
          INSERT INTO webhooks (id, url, description, events, sealed_secret)
          SELECT $1::uuid, $2, $3, $4::text[], $5::bytea WHERE (SELECT count(*) FROM webhooks) < $6 RETURNING *
        ) SELECT ${COLUMNS} FROM inserted`,
        [id, url, description, events, sealedSecret, limit],
      );
      if (inserted[0]) await within(manager);
      return inserted[0] ?? null;
    });
  }

  /** Null when it is not there. */
  async update(id: string, { url, description, events, disabled }: WebhookChange, within: WithinChange): Promise<WebhookRecord | null> {
    return this.transactions.run(async (manager) => {
      const rows = await manager.query<WebhookRecord[]>(
        `WITH updated AS (
          UPDATE webhooks SET url = coalesce($2, url), description = CASE WHEN $3 THEN $4 ELSE description END, events = coalesce($5::text[], events),
            disabled = coalesce($6::boolean, disabled), updated_at = clock_timestamp()
          WHERE id = $1 RETURNING *
        ) SELECT ${COLUMNS} FROM updated`,
        [id, url ?? null, description !== undefined, description ?? null, events ?? null, disabled ?? null],
      );
      if (rows[0]) await within(manager);
      return rows[0] ?? null;
    });
  }

  /** The secret of now signs on for so long beside the new one; the one before it no more. Null when the webhook is not there. */
  async replaceSecret(id: string, sealedSecret: Buffer, overlapSeconds: number): Promise<WebhookRecord | null> {
    const rows = await this.transactions.run((manager) =>
      manager.query<WebhookRecord[]>(
        `WITH updated AS (
          UPDATE webhooks SET sealed_secret = $2, previous_sealed_secret = CASE WHEN $3 > 0 THEN sealed_secret END,
            previous_secret_until = CASE WHEN $3 > 0 THEN clock_timestamp() + make_interval(secs => $3) END, updated_at = clock_timestamp()
          WHERE id = $1 RETURNING *
        ) SELECT ${COLUMNS} FROM updated`,
        [id, sealedSecret, overlapSeconds],
      ),
    );
    return rows[0] ?? null;
  }

  /** With everything that waits for it. False when it was not there. */
  async remove(id: string, within: WithinChange): Promise<boolean> {
    const sql = 'WITH removed AS (DELETE FROM webhooks WHERE id = $1 RETURNING id) SELECT id FROM removed';
    return this.transactions.run(async (manager) => {
      const isRemoved = (await manager.query<unknown[]>(sql, [id])).length > 0;
      if (isRemoved) await within(manager);
      return isRemoved;
    });
  }
}
