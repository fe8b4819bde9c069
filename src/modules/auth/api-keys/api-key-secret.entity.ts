import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';

/** One secret of an API key; a key has several only while a rotation overlaps. */
@Entity('api_key_secrets')
export class ApiKeySecretEntity {
  /** HMAC-SHA-256 of key id and secret, under a key derived from `MASTER_KEY`. */
  @PrimaryColumn({ type: 'bytea', primaryKeyConstraintName: 'api_key_secrets_pkey' })
  digest: Buffer;

  @Index('api_key_secrets_key_id_index')
  @ForeignKey('ApiKeyEntity', { name: 'api_key_secrets_key_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'key_id', type: 'uuid' })
  keyId: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;

  /** Since a later secret took its place: until when it still works. Null: the current one. */
  @Column({ name: 'works_until', type: 'timestamptz', nullable: true })
  worksUntil: Date | null;
}
