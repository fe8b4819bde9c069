import type { MigrationInterface, QueryRunner } from 'typeorm';

export class IdempotencyKeys1763600000020 implements MigrationInterface {
  name = 'IdempotencyKeys1763600000020';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "idempotency_keys" (
        "marker" bytea NOT NULL,
        "body_mac" bytea NOT NULL,
        "claim" uuid NOT NULL,
        "claimed_until" timestamptz NOT NULL,
        "subject_id" uuid,
        "user_id" uuid,
        "sealed_answer" bytea,
        "expires_at" timestamptz NOT NULL,
        CONSTRAINT "idempotency_keys_pkey" PRIMARY KEY ("marker"),
        CONSTRAINT "idempotency_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
      )`);
    await queryRunner.query('CREATE INDEX "idempotency_keys_user_id_index" ON "idempotency_keys" ("user_id")');
    await queryRunner.query('CREATE INDEX "idempotency_keys_expires_at_index" ON "idempotency_keys" ("expires_at")');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "idempotency_keys"');
  }
}
