import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row: the picture that the operator gives to users who have put none. */
@Entity({ name: 'default_picture' })
export class DefaultPictureEntity {
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'default_picture_pkey' })
  id: number;

  /** Null: users are shown with their initials. */
  @Column({ name: 'picture_key', type: 'text', nullable: true })
  pictureKey: string | null;

  /** Grows by one with every change. */
  @Column({ type: 'integer' })
  version: number;
}
