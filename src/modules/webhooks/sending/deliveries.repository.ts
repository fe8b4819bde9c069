import { Injectable } from '@nestjs/common';
import { Transactions, type PreparedWrite } from '../../../kernel/database/index.js';
import type { DeliveryAttempt, DeliveryState } from '../webhook-delivery.entity.js';

/** Longer than a try may take. */
const LEASE_SECONDS = 30;
const LOGGED_ATTEMPTS = 30;
const KEPT_DELIVERED_DAYS = 7;
const KEPT_DEAD_DAYS = 30;

/** $1 how many, $2 seconds of the lease. */
const CLAIM: PreparedWrite = {
  name: 'webhook-deliveries.claim',
  text: `
  WITH due AS (
    SELECT delivery.id FROM webhook_deliveries delivery JOIN webhooks ON webhooks.id = webhook_id AND NOT disabled
    WHERE state = 'pending' AND due_at <= clock_timestamp() ORDER BY due_at, delivery.id LIMIT $1 FOR UPDATE OF delivery SKIP LOCKED
  ), claimed AS (
    UPDATE webhook_deliveries SET attempts = attempts + 1, due_at = clock_timestamp() + make_interval(secs => $2)
    FROM due WHERE webhook_deliveries.id = due.id RETURNING webhook_deliveries.*
  )
  SELECT claimed.id, type, body, attempts, webhook_id AS "webhookId", url, sealed_secret AS "sealedSecret",
    CASE WHEN previous_secret_until > clock_timestamp() THEN previous_sealed_secret END AS "previousSealedSecret",
    floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "nowMs"
  FROM claimed JOIN webhooks ON webhooks.id = webhook_id ORDER BY claimed.id`,
};

export interface ClaimedDelivery {
  readonly id: string;
  readonly type: string;
  readonly body: string;
  /** This try included. */
  readonly attempts: number;
  readonly webhookId: string;
  readonly url: string;
  readonly sealedSecret: Buffer;
  /** While it still signs. */
  readonly previousSealedSecret: Buffer | null;
  /** By the clock of PostgreSQL, epoch milliseconds. */
  readonly nowMs: number;
}

export interface Backlog {
  readonly pending: number;
  readonly dead: number;
  readonly oldestSeconds: number;
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
    return this.transactions.single(CLAIM, [limit, LEASE_SECONDS]);
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
    await this.transactions.run(async (manager) => {
      await manager.query(
        `DELETE FROM webhook_deliveries WHERE settled_at < clock_timestamp() - CASE state WHEN 'dead' THEN interval '${KEPT_DEAD_DAYS} days' ELSE interval '${KEPT_DELIVERED_DAYS} days' END`,
      );
      await manager.query('UPDATE webhooks SET previous_sealed_secret = NULL, previous_secret_until = NULL WHERE previous_secret_until < clock_timestamp()');
    });
  }

  /** For those who watch: how many wait, how many are dead, and for how long, in seconds, the oldest that is neither delivered nor dead has been on its way. */
  async backlog(): Promise<Backlog> {
    const [row] = await this.transactions.run((manager) =>
      manager.query<[Backlog]>(
        `SELECT count(*) FILTER (WHERE state = 'pending')::int AS pending, count(*) FILTER (WHERE state = 'dead')::int AS dead,
          coalesce(extract(epoch FROM clock_timestamp() - least(min(created_at) FILTER (WHERE state = 'pending'),
            (SELECT min(created_at) FROM event_log WHERE position IS NULL OR position > (SELECT position FROM event_followers WHERE name = 'webhooks')))), 0)::float8 AS "oldestSeconds"
        FROM webhook_deliveries WHERE state <> 'delivered'`,
      ),
    );
    return row;
  }
}
