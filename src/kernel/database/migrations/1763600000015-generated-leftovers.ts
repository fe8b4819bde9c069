import type { MigrationInterface, QueryRunner } from 'typeorm';

export class GeneratedLeftovers1763600000015 implements MigrationInterface {
  name = 'GeneratedLeftovers1763600000015';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "generated_leftovers" (
        "generated_key" text NOT NULL,
        "unused_since" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "erase_requested" boolean NOT NULL DEFAULT false,
        CONSTRAINT "generated_leftovers_pkey" PRIMARY KEY ("generated_key")
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "generated_leftovers"');
  }
}
