import { Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';

export const DELIVERY_STATES = ['pending', 'delivered', 'dead'] as const;
export type DeliveryState = (typeof DELIVERY_STATES)[number];

/** One try to tell: the HTTP status that came back, or why none did. */
export interface DeliveryAttempt {
  /** ISO 8601. */
  readonly at: string;
  readonly status: number | null;
  /** A word, never text of the receiver's. */
  readonly error: string | null;
  readonly durationMs: number;
}

/** One event for one webhook, with everything that was tried. */
@Entity('webhook_deliveries')
@Unique('webhook_deliveries_event_key', ['webhookId', 'eventId'])
@Index('webhook_deliveries_due_idx', ['dueAt'], { where: `state = 'pending'` })
@Index('webhook_deliveries_state_idx', ['webhookId', 'state', 'id'])
@Index('webhook_deliveries_settled_idx', ['settledAt'])
export class WebhookDeliveryEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'webhook_deliveries_pkey' })
  id: string;

  @ForeignKey('WebhookEntity', { name: 'webhook_deliveries_webhook_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'webhook_id', type: 'uuid' })
  webhookId: string;

  @Column({ name: 'event_id', type: 'uuid' })
  eventId: string;

  @Column({ type: 'text' })
  type: string;

  /** The very bytes that are sent, the same at each try. */
  @Column({ type: 'text' })
  body: string;

  @Column({ type: 'text', default: 'pending' })
  state: DeliveryState;

  @Column({ type: 'integer', default: 0 })
  attempts: number;

  /** When it may be tried; moved ahead while it is being tried, so that a sender that died is followed by another. */
  @Column({ name: 'due_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  dueAt: Date;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;

  @Column({ name: 'settled_at', type: 'timestamptz', nullable: true })
  settledAt: Date | null;

  @Column({ type: 'jsonb', default: [] })
  log: DeliveryAttempt[];
}
