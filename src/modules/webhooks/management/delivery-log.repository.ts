import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../kernel/database/index.js';
import type { WebhookEventType } from '../webhook-event.js';
import type { DeliveryAttempt, DeliveryState } from '../webhook-delivery.entity.js';

const COLUMNS = 'id, event_id AS "eventId", type, state, attempts, due_at AS "dueAt", created_at AS "createdAt", log';

export interface DeliveryRecord {
  readonly id: string;
  readonly eventId: string;
  readonly type: WebhookEventType;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly dueAt: Date;
  readonly createdAt: Date;
  readonly log: readonly DeliveryAttempt[];
}

export interface DeliveryFilter {
  readonly webhookId: string;
  readonly state: DeliveryState | null;
}

/** What became of deliveries, for those who manage webhooks. */
@Injectable()
export class DeliveryLogRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Newest first. */
  pageAfter({ webhookId, state }: DeliveryFilter, afterId: string | null, limit: number): Promise<DeliveryRecord[]> {
    return this.transactions.run((manager) =>
      manager.query<DeliveryRecord[]>(
        `SELECT ${COLUMNS} FROM webhook_deliveries
        WHERE webhook_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR id < $3) ORDER BY id DESC LIMIT $4`,
        [webhookId, state, afterId, limit],
      ),
    );
  }

  /** Due at once, with every try before it. Null when it is not there. */
  async revive(webhookId: string, id: string): Promise<DeliveryRecord | null> {
    const rows = await this.transactions.run((manager) =>
      manager.query<DeliveryRecord[]>(
        `WITH revived AS (
          UPDATE webhook_deliveries SET state = 'pending', attempts = 0, due_at = clock_timestamp(), settled_at = NULL
          WHERE webhook_id = $1 AND id = $2 RETURNING *
        ) SELECT ${COLUMNS} FROM revived`,
        [webhookId, id],
      ),
    );
    return rows[0] ?? null;
  }
}
