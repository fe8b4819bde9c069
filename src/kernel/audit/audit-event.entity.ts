import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { ActorKind, AuditAction, AuditDetails } from './audit-event.js';

/** A row is written once: a trigger refuses every change but the erasure of an address, and every removal before its time. */
@Entity({ name: 'audit_events' })
@Index('audit_events_subject_id_index', ['subjectId', 'id'])
@Index('audit_events_actor_id_index', ['actorId', 'id'])
export class AuditEventEntity {
  /** UUIDv7. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'audit_events_pkey' })
  id: string;

  @Column({ type: 'text' })
  action: AuditAction;

  @Column({ name: 'actor_kind', type: 'text' })
  actorKind: ActorKind;

  /** No foreign key: who did what is known after they are gone. */
  @Column({ name: 'actor_id', type: 'uuid', nullable: true })
  actorId: string | null;

  @Column({ name: 'subject_id', type: 'uuid', nullable: true })
  subjectId: string | null;

  @Column({ name: 'ip_address', type: 'text', nullable: true })
  ipAddress: string | null;

  @Column({ name: 'request_id', type: 'text', nullable: true })
  requestId: string | null;

  @Column({ type: 'jsonb', default: {} })
  details: AuditDetails;

  @Index('audit_events_created_at_index')
  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;
}
