import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ApiKeys1763600000010 implements MigrationInterface {
  name = 'ApiKeys1763600000010';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "api_keys" (
        "id" uuid NOT NULL,
        "user_id" uuid NOT NULL,
        "name" text NOT NULL,
        "scopes" text[] NOT NULL,
        "granted_by_admin" boolean NOT NULL,
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "expires_at" timestamptz,
        "last_used_at" timestamptz,
        "revoked_at" timestamptz,
        CONSTRAINT "api_keys_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "api_keys_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "users" ("id") ON DELETE CASCADE
      )`);
    await queryRunner.query('CREATE INDEX "api_keys_user_id_index" ON "api_keys" ("user_id", "id")');
    await queryRunner.query(`
      CREATE TABLE "api_key_secrets" (
        "digest" bytea NOT NULL,
        "key_id" uuid NOT NULL,
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "works_until" timestamptz,
        CONSTRAINT "api_key_secrets_pkey" PRIMARY KEY ("digest"),
        CONSTRAINT "api_key_secrets_key_id_fkey" FOREIGN KEY ("key_id") REFERENCES "api_keys" ("id") ON DELETE CASCADE
      )`);
    await queryRunner.query('CREATE INDEX "api_key_secrets_key_id_index" ON "api_key_secrets" ("key_id")');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "api_key_secrets"');
    await queryRunner.query('DROP TABLE "api_keys"');
  }
}
