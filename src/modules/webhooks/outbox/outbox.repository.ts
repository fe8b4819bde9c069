import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { IdGenerator } from '../../../kernel/clock/index.js';
import { Transactions } from '../../../kernel/database/index.js';
import type { WebhookEventType, WebhookFact } from '../webhook-event.js';

/** One at a time hands out, so that a webhook gets its events in the order in which they were committed. */
const RELAY_LOCK = 7_305_438_217_016;
const BATCH = 500;

interface OutboxRow {
  readonly id: string;
  readonly type: WebhookEventType;
  readonly data: object;
  readonly createdAt: Date;
}

/** Facts between the commit that they tell of and the webhooks that want to hear. Whatever is still there has not been handed out: that is the position. */
@Injectable()
export class OutboxRepository {
  constructor(
    private readonly transactions: Transactions,
    private readonly ids: IdGenerator,
  ) {}

  /** In the transaction of the change: either both are there, or neither. */
  async append(manager: EntityManager, facts: readonly WebhookFact[]): Promise<void> {
    for (const { type, data } of facts) {
      await manager.query('INSERT INTO outbox_events (id, type, data) VALUES ($1, $2, $3)', [this.ids.next(), type, data]);
    }
  }

  /**
   * Hands the oldest facts to the webhooks that want them, and forgets them, in one transaction: a crash leaves both as they were. Answers with how many
   * facts there were; null when another instance is at it.
   */
  relay(): Promise<number | null> {
    return this.transactions.run(async (manager) => {
      const [{ leads }] = await manager.query<[{ leads: boolean }]>('SELECT pg_try_advisory_xact_lock($1) AS leads', [RELAY_LOCK]);
      if (!leads) return null;
      const taken = await manager.query<OutboxRow[]>(
        `WITH oldest AS (SELECT position FROM outbox_events ORDER BY position LIMIT $1),
          taken AS (DELETE FROM outbox_events USING oldest WHERE outbox_events.position = oldest.position RETURNING outbox_events.*)
        SELECT id, type, data, created_at AS "createdAt" FROM taken ORDER BY position`,
        [BATCH],
      );
      for (const row of taken) await this.handOut(manager, row);
      return taken.length;
    });
  }

  private async handOut(manager: EntityManager, { id, type, data, createdAt }: OutboxRow): Promise<void> {
    const wanting = await manager.query<{ id: string }[]>('SELECT id FROM webhooks WHERE $1 = ANY(events) AND NOT disabled', [type]);
    const body = JSON.stringify({ id, type, createdAt: createdAt.toISOString(), data });
    for (const webhook of wanting) {
      await manager.query(
        `INSERT INTO webhook_deliveries (id, webhook_id, event_id, type, body)
        SELECT $1::uuid, id, $3, $4, $5 FROM webhooks WHERE id = $2 FOR KEY SHARE ON CONFLICT (webhook_id, event_id) DO NOTHING`,
        [this.ids.next(), webhook.id, id, type, body],
      );
    }
  }
}
