import type { MigrationInterface, QueryRunner } from 'typeorm';

export class OneTimeTokens1763600000011 implements MigrationInterface {
  name = 'OneTimeTokens1763600000011';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "one_time_tokens" (
        "user_id" uuid NOT NULL,
        "purpose" text NOT NULL,
        "digest" bytea NOT NULL,
        "email" text NOT NULL,
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "expires_at" timestamptz NOT NULL,
        CONSTRAINT "one_time_tokens_pkey" PRIMARY KEY ("user_id", "purpose"),
        CONSTRAINT "one_time_tokens_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
      )`);
    await queryRunner.query('CREATE UNIQUE INDEX "one_time_tokens_digest_unique" ON "one_time_tokens" ("digest")');
    await queryRunner.query('CREATE INDEX "one_time_tokens_expires_at_index" ON "one_time_tokens" ("expires_at")');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "one_time_tokens"');
  }
}
