import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One row: raise `counter` after restoring data in a way that PostgreSQL itself does not show. */
@Entity({ name: 'cache_generation' })
export class CacheGenerationEntity {
  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'cache_generation_pkey' })
  id: number;

  @Column({ type: 'integer' })
  counter: number;
}
