import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SigningKeyRotation1763600000012 implements MigrationInterface {
  name = 'SigningKeyRotation1763600000012';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "signing_keys" ADD COLUMN "tokens_until" timestamptz NOT NULL DEFAULT clock_timestamp()');
    // What the keys at hand have signed was not written down; no token lives longer than a year.
    await queryRunner.query(`UPDATE "signing_keys" SET "tokens_until" = clock_timestamp() + interval '366 days'`);
    await queryRunner.query(`
      CREATE TABLE "legacy_tokens" (
        "token_id" uuid NOT NULL,
        "user_id" uuid NOT NULL,
        "user_epoch" integer NOT NULL,
        "is_adopted" boolean NOT NULL DEFAULT false,
        "expires_at" timestamptz NOT NULL,
        CONSTRAINT "legacy_tokens_pkey" PRIMARY KEY ("token_id")
      )`);
    await queryRunner.query('CREATE INDEX "legacy_tokens_expires_idx" ON "legacy_tokens" ("expires_at")');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "legacy_tokens"');
    await queryRunner.query('ALTER TABLE "signing_keys" DROP COLUMN "tokens_until"');
  }
}
