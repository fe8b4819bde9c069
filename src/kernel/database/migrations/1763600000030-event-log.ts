import type { MigrationInterface, QueryRunner } from 'typeorm';

export class EventLog1763600000030 implements MigrationInterface {
  name = 'EventLog1763600000030';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE SEQUENCE "event_log_positions"');
    await queryRunner.query(`
      CREATE TABLE "event_log" (
        "written" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "position" bigint,
        "id" uuid NOT NULL,
        "name" text NOT NULL,
        "payload" jsonb NOT NULL,
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT "event_log_pkey" PRIMARY KEY ("written"),
        CONSTRAINT "event_log_id_key" UNIQUE ("id"),
        CONSTRAINT "event_log_position_key" UNIQUE ("position")
      )`);
    await queryRunner.query('CREATE INDEX "event_log_unplaced_idx" ON "event_log" ("written") WHERE position IS NULL');
    await queryRunner.query(`
      CREATE TABLE "event_followers" (
        "name" text NOT NULL,
        "holder" uuid,
        "position" bigint NOT NULL,
        "seen_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "kept_seconds" integer,
        CONSTRAINT "event_followers_pkey" PRIMARY KEY ("name")
      )`);
    await queryRunner.query(`INSERT INTO "event_followers" ("name", "position") VALUES ('webhooks', 0)`);
    // What waited to be handed out is handed out here.
    await queryRunner.query(`
      INSERT INTO "webhook_deliveries" ("id", "webhook_id", "event_id", "type", "body")
      SELECT gen_random_uuid(), webhooks.id, waiting.id, waiting.type, json_build_object('id', waiting.id, 'type', waiting.type,
        'createdAt', to_char(waiting.created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'), 'data', waiting.data)::text
      FROM "outbox_events" AS waiting JOIN "webhooks" ON waiting.type = ANY(webhooks.events) AND NOT webhooks.disabled ON CONFLICT DO NOTHING`);
    await queryRunner.query('DROP TABLE "outbox_events"');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "outbox_events" (
        "position" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "id" uuid NOT NULL,
        "type" text NOT NULL,
        "data" jsonb NOT NULL,
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT "outbox_events_pkey" PRIMARY KEY ("position")
      )`);
    for (const table of ['event_followers', 'event_log']) await queryRunner.query(`DROP TABLE "${table}"`);
    await queryRunner.query('DROP SEQUENCE "event_log_positions"');
  }
}
