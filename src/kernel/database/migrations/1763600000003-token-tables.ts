import type { MigrationInterface, QueryRunner } from 'typeorm';

export class TokenTables1763600000003 implements MigrationInterface {
  name = 'TokenTables1763600000003';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "token_users" (
        "user_id" uuid NOT NULL,
        "epoch" integer NOT NULL DEFAULT 0,
        "epoch_raised_at" timestamptz,
        "last_seq" bigint NOT NULL DEFAULT 0,
        CONSTRAINT "token_users_pkey" PRIMARY KEY ("user_id")
      )`);
    await queryRunner.query(`
      CREATE TABLE "token_sessions" (
        "id" uuid NOT NULL,
        "user_id" uuid NOT NULL,
        "platform" text NOT NULL,
        "device_name" text,
        "ip_address" text,
        "user_agent" text,
        "seq" bigint NOT NULL,
        "epoch" integer NOT NULL,
        "user_epoch" integer NOT NULL,
        "refresh_salt" text,
        "generation" integer NOT NULL DEFAULT 1,
        "rotated_at" timestamptz[] NOT NULL DEFAULT '{}',
        "access_token_id" uuid NOT NULL,
        "access_expires_at" timestamptz NOT NULL,
        "created_at" timestamptz NOT NULL,
        "last_seen_at" timestamptz NOT NULL,
        "idle_expires_at" timestamptz NOT NULL,
        "expires_at" timestamptz NOT NULL,
        "kept_until" timestamptz NOT NULL,
        "ended_reason" text,
        "ended_at" timestamptz,
        CONSTRAINT "token_sessions_pkey" PRIMARY KEY ("id")
      )`);
    await queryRunner.query('CREATE UNIQUE INDEX "token_sessions_user_seq_idx" ON "token_sessions" ("user_id", "seq")');
    await queryRunner.query('CREATE INDEX "token_sessions_kept_until_idx" ON "token_sessions" ("kept_until")');
    await queryRunner.query(`
      CREATE TABLE "access_tokens" (
        "id" uuid NOT NULL,
        "session_id" uuid NOT NULL,
        "user_id" uuid NOT NULL,
        "issued_at" timestamptz NOT NULL,
        "expires_at" timestamptz NOT NULL,
        "ended_reason" text,
        "ended_at" timestamptz,
        CONSTRAINT "access_tokens_pkey" PRIMARY KEY ("id")
      )`);
    await queryRunner.query('CREATE INDEX "access_tokens_user_expires_idx" ON "access_tokens" ("user_id", "expires_at")');
    await queryRunner.query('CREATE INDEX "access_tokens_expires_idx" ON "access_tokens" ("expires_at")');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "access_tokens"');
    await queryRunner.query('DROP TABLE "token_sessions"');
    await queryRunner.query('DROP TABLE "token_users"');
  }
}
