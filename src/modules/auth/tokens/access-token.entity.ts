import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { EndReason } from './token-repository.js';

/**
 * One access token, with its own expiry, written once. It is live while that is ahead, its own reason is null, and its
 * session stands; without its session it is unknown.
 */
@Entity('access_tokens')
@Index('access_tokens_user_expires_idx', ['userId', 'expiresAt'])
@Index('access_tokens_expires_idx', ['expiresAt'])
export class AccessTokenEntity {
  /** The `jti`. */
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'access_tokens_pkey' })
  id: string;

  /** No foreign key: expired rows of both tables go in batches that wait for nobody, in any order. */
  @Column({ name: 'session_id', type: 'uuid' })
  sessionId: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  /** A whole second: the token's `iat`. */
  @Column({ name: 'issued_at', type: 'timestamptz' })
  issuedAt: Date;

  /** A whole second: the token's `exp`. */
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  /** Why this one token was revoked; its session may live on. */
  @Column({ name: 'ended_reason', type: 'text', nullable: true })
  endedReason: EndReason | null;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt: Date | null;
}
