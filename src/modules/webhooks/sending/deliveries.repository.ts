import { Injectable } from '@nestjs/common';
import { Transactions } from '../../../kernel/database/index.js';
import type { DeliveryAttempt, DeliveryState } from '../webhook-delivery.entity.js';

/** Longer than a try may take. */
const LEASE_SECONDS = 30;
const LOGGED_ATTEMPTS = 30;
const KEPT_DELIVERED_DAYS = 7;
const KEPT_DEAD_DAYS = 30;

export interface ClaimedDelivery {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  /** This try included. */
  readonly attempts: number;
  readonly webhookId: string;
  readonly url: string;
  readonly sealedSecret: Buffer;
  readonly nowSeconds: number;
}

/** What becomes of a delivery after a try. */
export interface Settlement {
  readonly state: DeliveryState;
  /** For `pending`: when it is tried again. */
  readonly retrySeconds: number;
  readonly attempt: DeliveryAttempt;
}

/** Deliveries that are due, for whichever instance asks first. PostgreSQL's clock is the only one. */
@Injectable()
export class DeliveriesRepository {
  constructor(private readonly transactions: Transactions) {}

  /** Takes what is due; nobody else gets it until the lease is over, so a sender that dies is followed by another, and a receiver may hear twice. */
  claim(limit: number): Promise<ClaimedDelivery[]> {
    return this.transactions.run((manager) =>
      manager.query<ClaimedDelivery[]>(
        `WITH due AS (
          SELECT delivery.id FROM webhook_deliveries delivery JOIN webhooks ON webhooks.id = webhook_id AND NOT disabled
          WHERE state = 'pending' AND due_at <= clock_timestamp() ORDER BY due_at, delivery.id LIMIT $1 FOR UPDATE OF delivery SKIP LOCKED
        ), claimed AS (
          UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = clock_timestamp() + make_interval(secs => $2)
          FROM due WHERE webhook_deliveries.id = due.id RETURNING webhook_deliveries.*
        )
        SELECT claimed.id, type, body, attempts, webhook_id AS "webhookId", url, sealed_secret AS "sealedSecret",
          floor(extract(epoch FROM clock_timestamp()))::int AS "nowSeconds"
        FROM claimed JOIN webhooks ON webhooks.id = webhook_id ORDER BY claimed.id`,
        [limit, LEASE_SECONDS],
      ),
    );
  }

  /** Not when it has been settled meanwhile, or tried again by another after the lease. */
  async settle(id: string, attempts: number, { state, retrySeconds, attempt }: Settlement): Promise<void> {
    await this.transactions.run((manager) =>
      manager.query(
        `UPDATE webhook_deliveries SET state = $3, due_at = clock_timestamp() + make_interval(secs => $4),
          settled_at = CASE WHEN $3 = 'pending' THEN NULL ELSE clock_timestamp() END,
          log = (SELECT coalesce(jsonb_agg(entry ORDER BY place), '[]') FROM jsonb_array_elements(log || $5::jsonb) WITH ORDINALITY AS entries (entry, place)
            WHERE place > jsonb_array_length(log) + 1 - ${LOGGED_ATTEMPTS})
        WHERE id = $1 AND attempts = $2 AND state = 'pending'`,
        [id, attempts, state, retrySeconds, JSON.stringify([attempt])],
      ),
    );
  }

  async prune(): Promise<void> {
    await this.transactions.run((manager) =>
      manager.query(
        `DELETE FROM webhook_deliveries WHERE settled_at < clock_timestamp() - CASE state WHEN 'dead' THEN interval '${KEPT_DEAD_DAYS} days' ELSE interval '${KEPT_DELIVERED_DAYS} days' END`,
      ),
    );
  }
}
