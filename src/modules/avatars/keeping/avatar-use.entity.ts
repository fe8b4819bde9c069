import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/**
 * That a user is or was shown with an uploaded picture. The bytes of a key may go when no row of anybody keeps them.
 * There is no foreign key to the user: the rows of an erased user are the list of what is still to be erased.
 */
@Entity('avatar_uses')
@Index('avatar_uses_erase_requested_index', ['eraseRequestedAt'], { where: 'erase_requested_at IS NOT NULL' })
export class AvatarUseEntity {
  @PrimaryColumn({ name: 'user_id', type: 'uuid', primaryKeyConstraintName: 'avatar_uses_pkey' })
  userId: string;

  @Index('avatar_uses_picture_key_index')
  @PrimaryColumn({ name: 'picture_key', type: 'text', primaryKeyConstraintName: 'avatar_uses_pkey' })
  pictureKey: string;

  @Column({ name: 'created_at', type: 'timestamptz', default: () => 'clock_timestamp()' })
  createdAt: Date;

  /** Since when the user has another picture; null: this is the one. */
  @Column({ name: 'superseded_at', type: 'timestamptz', nullable: true })
  supersededAt: Date | null;

  /** The user is gone, and the bytes go unless somebody else has the same picture. */
  @Column({ name: 'erase_requested_at', type: 'timestamptz', nullable: true })
  eraseRequestedAt: Date | null;
}
