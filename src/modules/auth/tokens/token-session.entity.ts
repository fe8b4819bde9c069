import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Platform } from '../platform.js';
import type { EndReason } from './token-repository.js';

/** One session: what a refresh token is checked against, and what its access tokens hang on. */
@Entity('token_sessions')
@Index('token_sessions_user_seq_idx', ['userId', 'seq'], { unique: true })
@Index('token_sessions_kept_until_idx', ['keptUntil'])
export class TokenSessionEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'token_sessions_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'uuid' })
  userId: string;

  @Column({ type: 'text' })
  platform: Platform;

  @Column({ name: 'device_name', type: 'text', nullable: true })
  deviceName: string | null;

  @Column({ name: 'ip_address', type: 'text', nullable: true })
  ipAddress: string | null;

  @Column({ name: 'user_agent', type: 'text', nullable: true })
  userAgent: string | null;

  /** Given at login, never at refresh. */
  @Column({ type: 'bigint' })
  seq: string;

  /** The epoch of `token_users` under which it was issued, or stamped anew as the session that was kept. */
  @Column({ type: 'integer' })
  epoch: number;

  /** The durable session epoch of the user's own row (guarantees §4). */
  @Column({ name: 'user_epoch', type: 'integer' })
  userEpoch: number;

  /** Bound into the MAC of its refresh tokens. Null: issued by an admin, without refresh; no policy counts or evicts it. */
  @Column({ name: 'refresh_salt', type: 'text', nullable: true })
  refreshSalt: string | null;

  @Column({ type: 'integer', default: 1 })
  generation: number;

  /** When the latest generations were rotated away, newest first, at most 8: element n is that of `generation - n`. */
  @Column({ name: 'rotated_at', type: 'timestamptz', array: true, default: () => "'{}'" })
  rotatedAt: Date[];

  /** The access token of the current generation, issued at `last_seen_at`; a replay inside the grace is told of it again. */
  @Column({ name: 'access_token_id', type: 'uuid' })
  accessTokenId: string;

  @Column({ name: 'access_expires_at', type: 'timestamptz' })
  accessExpiresAt: Date;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** The last issue or rotation. */
  @Column({ name: 'last_seen_at', type: 'timestamptz' })
  lastSeenAt: Date;

  @Column({ name: 'idle_expires_at', type: 'timestamptz' })
  idleExpiresAt: Date;

  /** The absolute end; written once. */
  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  /** The record's own end: that of its idle limit, or of its last access token where that is later. Only rotation moves it. */
  @Column({ name: 'kept_until', type: 'timestamptz' })
  keptUntil: Date;

  @Column({ name: 'ended_reason', type: 'text', nullable: true })
  endedReason: EndReason | null;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt: Date | null;
}
