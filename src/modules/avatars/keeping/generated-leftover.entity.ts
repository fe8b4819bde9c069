import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A generated picture that is stored and that no user is shown with any more: nobody records when it came into use, so the sweep notes when it went out. */
@Entity('generated_leftovers')
export class GeneratedLeftoverEntity {
  @PrimaryColumn({ name: 'generated_key', type: 'text', primaryKeyConstraintName: 'generated_leftovers_pkey' })
  generatedKey: string;

  @Column({ name: 'unused_since', type: 'timestamptz', default: () => 'clock_timestamp()' })
  unusedSince: Date;

  /** Its user was erased: it goes at once, unless somebody else is shown with the same. */
  @Column({ name: 'erase_requested', type: 'boolean', default: false })
  eraseRequested: boolean;
}
