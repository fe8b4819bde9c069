import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A fact that was committed together with the change it tells of, until it has been handed to every webhook that wants it. */
@Entity('outbox_events')
export class OutboxEventEntity {
  @PrimaryColumn({ type: 'bigint', generated: 'identity', generatedIdentity: 'ALWAYS', primaryKeyConstraintName: 'outbox_events_pkey' })
  position: string;

  @Column({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  type: string;

  @Column({ type: 'jsonb' })
  data: object;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;
}
