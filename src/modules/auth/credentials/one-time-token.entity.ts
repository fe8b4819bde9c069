import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import type { TokenPurpose } from './one-time-token.codec.js';

/** A token that was mailed; nothing from which it could be used. One per user and purpose: a new one takes the place of the older. */
@Entity({ name: 'one_time_tokens' })
export class OneTimeTokenEntity {
  @PrimaryColumn({ name: 'user_id', type: 'uuid', primaryKeyConstraintName: 'one_time_tokens_pkey' })
  @ForeignKey('UserEntity', { name: 'one_time_tokens_user_id_fkey', onDelete: 'CASCADE' })
  userId: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'one_time_tokens_pkey' })
  purpose: TokenPurpose;

  /** SHA-256 of the token. */
  @Index('one_time_tokens_digest_unique', { unique: true })
  @Column({ type: 'bytea' })
  digest: Buffer;

  /** The address that it was mailed to; with another one the account has nothing to do with it. */
  @Column({ type: 'text' })
  email: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;

  @Index('one_time_tokens_expires_at_index')
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  /** Of a proof of an address; a link to a new password goes when it is used. */
  @Column({ name: 'used_at', type: 'timestamptz', nullable: true })
  usedAt: Date | null;
}
