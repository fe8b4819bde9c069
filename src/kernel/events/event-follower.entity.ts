import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far somebody has come in the log. */
@Entity('event_followers')
export class EventFollowerEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'event_followers_pkey' })
  name: string;

  /** The process that goes by this name at present. */
  @Column({ type: 'uuid', nullable: true })
  holder: string | null;

  @Column({ type: 'bigint' })
  position: string;

  @Column({ name: 'seen_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  seenAt: Date;

  /** Unseen for so long it is forgotten; null: never. */
  @Column({ name: 'kept_seconds', type: 'integer', nullable: true })
  keptSeconds: number | null;
}
