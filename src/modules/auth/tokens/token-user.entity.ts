import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What all sessions of one user share, and the row that every write of the user locks first. It goes when the last session
 * record has gone, so that nothing is left of a user who has no tokens.
 */
@Entity('token_users')
export class TokenUserEntity {
  /** No foreign key: records keep their reason until their token's own expiry, also when the user is gone. */
  @PrimaryColumn({ name: 'user_id', type: 'uuid', primaryKeyConstraintName: 'token_users_pkey' })
  userId: string;

  /** Raised by "end all sessions"; a session with another number is ended (guarantees §1). */
  @Column({ type: 'integer', default: 0 })
  epoch: number;

  /** When the epoch was raised last: the moment at which sessions of the epoch before died. */
  @Column({ name: 'epoch_raised_at', type: 'timestamptz', nullable: true })
  epochRaisedAt: Date | null;

  /** The session sequence number given last; the login policy's victim is the lowest one (guarantees §3). */
  @Column({ name: 'last_seq', type: 'bigint', default: 0 })
  lastSeq: string;
}
