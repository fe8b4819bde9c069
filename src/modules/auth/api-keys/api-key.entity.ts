import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { ApiKeyScope } from '../../../kernel/http/index.js';

/** An API key, without anything from which it could be used: its secrets stand, as MACs, in `api_key_secrets`. */
@Entity('api_keys')
@Index('api_keys_user_id_index', ['userId', 'id'])
export class ApiKeyEntity {
  /** UUIDv7, so that the order of ids is that of creation; public, and part of the key's text. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'api_keys_pkey' })
  id: string;

  /** Whoever goes takes the keys along, in the same transaction, however that came about. */
  @ForeignKey('UserEntity', { name: 'api_keys_user_id_fkey', onDelete: 'CASCADE' })
  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', array: true })
  scopes: ApiKeyScope[];

  /** Whether the owner was an admin when it was granted; else it never acts on others' accounts, whatever the owner becomes. */
  @Column({ name: 'granted_by_admin', type: 'boolean' })
  grantedByAdmin: boolean;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;

  /** Null: until it is revoked. */
  @Column({ name: 'expires_at', type: 'timestamptz', nullable: true })
  expiresAt: Date | null;

  /** To the minute. */
  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;
}
