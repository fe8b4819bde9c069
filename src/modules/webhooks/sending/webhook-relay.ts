import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { IdGenerator } from '../../../kernel/clock/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { Transactions } from '../../../kernel/database/index.js';
import { EventFollowers, type RecordedFact } from '../../../kernel/events/index.js';
import { webhookFactOf } from '../webhook-event.js';

const FOLLOWER = 'webhooks';

/** Makes a delivery of each fact for each webhook that wants it. One instance at a time, so that a webhook gets its events in the order of the log. */
@Injectable()
export class WebhookRelay {
  constructor(
    private readonly followers: EventFollowers,
    private readonly transactions: Transactions,
    private readonly ids: IdGenerator,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** The deliveries and the position are one transaction: a crash leaves both as they were. True when there may be more. */
  handOut(): Promise<boolean> {
    return this.transactions.run(async (manager) => {
      const next = await this.followers.take(manager, FOLLOWER);
      for (const fact of next?.facts ?? []) await this.give(manager, fact);
      return next?.isFull ?? false;
    });
  }

  private async give(manager: EntityManager, recorded: RecordedFact): Promise<void> {
    const fact = webhookFactOf(recorded, this.config.http.publicUrl);
    if (!fact) return;
    const wanting = await manager.query<{ id: string }[]>('SELECT id FROM webhooks WHERE $1 = ANY(events) AND NOT disabled', [fact.type]);
    const body = JSON.stringify({ id: recorded.id, type: fact.type, createdAt: recorded.createdAt.toISOString(), data: fact.data });
    for (const webhook of wanting) {
      await manager.query(
        `INSERT INTO webhook_deliveries (id, webhook_id, event_id, type, body)
        SELECT $1::uuid, id, $3, $4, $5 FROM webhooks WHERE id = $2 FOR KEY SHARE ON CONFLICT (webhook_id, event_id) DO NOTHING`,
        [this.ids.next(), webhook.id, recorded.id, fact.type, body],
      );
    }
  }
}
