import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** A fact, written in the transaction of the change that it tells of. */
@Entity('event_log')
@Unique('event_log_id_key', ['id'])
@Unique('event_log_position_key', ['position'])
@Index('event_log_unplaced_idx', ['written'], { where: 'position IS NULL' })
export class EventLogEntryEntity {
  /** The order of writing, which is not that of committing. */
  @PrimaryColumn({ type: 'bigint', generated: 'identity', generatedIdentity: 'ALWAYS', primaryKeyConstraintName: 'event_log_pkey' })
  written: string;

  /** Given after the commit, by one at a time: who sees one has seen all before it. */
  @Column({ type: 'bigint', nullable: true })
  position: string | null;

  @Column({ type: 'uuid' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'jsonb' })
  payload: object;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;
}
