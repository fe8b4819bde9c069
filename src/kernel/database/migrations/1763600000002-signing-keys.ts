import type { MigrationInterface, QueryRunner } from 'typeorm';

export class SigningKeys1763600000002 implements MigrationInterface {
  name = 'SigningKeys1763600000002';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "signing_keys" (
        "kid" text NOT NULL,
        "algorithm" text NOT NULL,
        "public_jwk" jsonb NOT NULL,
        "sealed_private_key" bytea NOT NULL,
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "active_from" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "withdrawn_at" timestamptz,
        CONSTRAINT "signing_keys_pkey" PRIMARY KEY ("kid")
      )`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "signing_keys"');
  }
}
