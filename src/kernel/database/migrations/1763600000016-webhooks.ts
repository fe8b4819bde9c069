import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Webhooks1763600000016 implements MigrationInterface {
  name = 'Webhooks1763600000016';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "outbox_events" (
        "position" bigint GENERATED ALWAYS AS IDENTITY NOT NULL,
        "id" uuid NOT NULL,
        "type" text NOT NULL,
        "data" jsonb NOT NULL,
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT "outbox_events_pkey" PRIMARY KEY ("position")
      )`);
    await queryRunner.query(`
      CREATE TABLE "webhooks" (
        "id" uuid NOT NULL,
        "url" text NOT NULL,
        "description" text,
        "events" text[] NOT NULL,
        "sealed_secret" bytea NOT NULL,
        "disabled" boolean NOT NULL DEFAULT false,
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "updated_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT "webhooks_pkey" PRIMARY KEY ("id")
      )`);
    await queryRunner.query(`
      CREATE TABLE "webhook_deliveries" (
        "id" uuid NOT NULL,
        "webhook_id" uuid NOT NULL,
        "event_id" uuid NOT NULL,
        "type" text NOT NULL,
        "body" text NOT NULL,
        "state" text NOT NULL DEFAULT 'pending',
        "attempts" integer NOT NULL DEFAULT 0,
        "due_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "settled_at" timestamptz,
        "log" jsonb NOT NULL DEFAULT '[]',
        CONSTRAINT "webhook_deliveries_pkey" PRIMARY KEY ("id"),
        CONSTRAINT "webhook_deliveries_event_key" UNIQUE ("webhook_id", "event_id"),
        CONSTRAINT "webhook_deliveries_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "webhooks" ("id") ON DELETE CASCADE
      )`);
    await queryRunner.query(`CREATE INDEX "webhook_deliveries_due_idx" ON "webhook_deliveries" ("due_at") WHERE state = 'pending'`);
    await queryRunner.query('CREATE INDEX "webhook_deliveries_state_idx" ON "webhook_deliveries" ("webhook_id", "state", "id")');
    await queryRunner.query('CREATE INDEX "webhook_deliveries_settled_idx" ON "webhook_deliveries" ("settled_at")');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['webhook_deliveries', 'webhooks', 'outbox_events']) await queryRunner.query(`DROP TABLE "${table}"`);
  }
}
