import type { MigrationInterface, QueryRunner } from 'typeorm';

export class UsedVerificationTokens1763600000050 implements MigrationInterface {
  name = 'UsedVerificationTokens1763600000050';

  async up(queryRunner: QueryRunner): Promise<void> {
    // A proof of an address is kept until it would have expired: opened once more, its link can say that the address is proved.
    await queryRunner.query('ALTER TABLE "one_time_tokens" ADD COLUMN "used_at" timestamptz');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DELETE FROM "one_time_tokens" WHERE "used_at" IS NOT NULL');
    await queryRunner.query('ALTER TABLE "one_time_tokens" DROP COLUMN "used_at"');
  }
}
