import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** What is known of one `Idempotency-Key`: neither the key, nor the body, nor the answer in clear. */
@Entity({ name: 'idempotency_keys' })
export class IdempotencyKeyEntity {
  /** MAC of principal, route and key. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'idempotency_keys_pkey' })
  marker: Buffer;

  @Column({ name: 'body_mac', type: 'bytea' })
  bodyMac: Buffer;

  /** The attempt that is at it; another one has another, so that one that was given up cannot write any more. */
  @Column({ type: 'uuid' })
  claim: string;

  /** After this the attempt is given up: its process has died. */
  @Column({ name: 'claimed_until', type: 'timestamptz' })
  claimedUntil: Date;

  /** What was made, written in the transaction that made it. */
  @Column({ name: 'subject_id', type: 'uuid', nullable: true })
  subjectId: string | null;

  /** Whom the answer is about: it goes with them. */
  @Index('idempotency_keys_user_id_index')
  @ForeignKey('UserEntity', { name: 'idempotency_keys_user_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'user_id', type: 'uuid', nullable: true })
  userId: string | null;

  /** Under a key that only who has the client's key and body can derive. */
  @Column({ name: 'sealed_answer', type: 'bytea', nullable: true })
  sealedAnswer: Buffer | null;

  @Index('idempotency_keys_expires_at_index')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
