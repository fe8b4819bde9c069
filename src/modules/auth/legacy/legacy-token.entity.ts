import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A token of the old server that was seen here. It is brought over once: whatever ended it since stays the last word. */
@Entity('legacy_tokens')
@Index('legacy_tokens_expires_idx', ['expiresAt'])
export class LegacyTokenEntity {
  /** The `jti` that was made from the token's digest. */
  @PrimaryColumn({ name: 'token_id', type: 'uuid', primaryKeyConstraintName: 'legacy_tokens_pkey' })
  tokenId: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  /** The durable session epoch of the user's row when the token was first seen: what is raised later ends it. */
  @Column({ name: 'user_epoch', type: 'integer' })
  userEpoch: number;

  /** The store of tokens has had it. Until then it may be given it again. */
  @Column({ name: 'is_adopted', type: 'boolean', default: false })
  isAdopted: boolean;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;
}
