import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Users1763600000001 implements MigrationInterface {
  name = 'Users1763600000001';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "users" (
        "id" uuid NOT NULL,
        "external_id" text,
        "email" text NOT NULL,
        "email_key" text NOT NULL,
        "email_verified" boolean NOT NULL,
        "pending_email" text,
        "username" text NOT NULL,
        "display_name" text,
        "locale" text,
        "roles" text[] NOT NULL,
        "disabled" boolean NOT NULL,
        "gravatar_opt_in" boolean NOT NULL,
        "password_hash" text,
        "picture_key" text,
        "generated_key" text NOT NULL,
        "initials" text NOT NULL,
        "colour" text NOT NULL,
        "session_epoch" integer NOT NULL,
        "excepted_session_id" uuid,
        "version" integer NOT NULL,
        "created_at" timestamptz(3) NOT NULL,
        "updated_at" timestamptz(3) NOT NULL,
        CONSTRAINT "users_pkey" PRIMARY KEY ("id")
      )`);
    await queryRunner.query('CREATE UNIQUE INDEX "users_email_key_unique" ON "users" ("email_key")');
    await queryRunner.query('CREATE UNIQUE INDEX "users_username_unique" ON "users" ("username")');
    await queryRunner.query('CREATE UNIQUE INDEX "users_external_id_unique" ON "users" ("external_id")');
    await queryRunner.query('CREATE INDEX "users_generated_key_index" ON "users" ("generated_key")');
    await queryRunner.query('CREATE TABLE "cache_generation" ("id" integer NOT NULL, "counter" integer NOT NULL, CONSTRAINT "cache_generation_pkey" PRIMARY KEY ("id"))');
    await queryRunner.query('INSERT INTO "cache_generation" ("id", "counter") VALUES (1, 1)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "cache_generation"');
    await queryRunner.query('DROP TABLE "users"');
  }
}
