import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AuditEvents1763600000024 implements MigrationInterface {
  name = 'AuditEvents1763600000024';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "audit_events" (
        "id" uuid NOT NULL,
        "action" text NOT NULL,
        "actor_kind" text NOT NULL,
        "actor_id" uuid,
        "subject_id" uuid,
        "ip_address" text,
        "request_id" text,
        "details" jsonb NOT NULL DEFAULT '{}',
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT "audit_events_pkey" PRIMARY KEY ("id")
      )`);
    await queryRunner.query('CREATE INDEX "audit_events_subject_id_index" ON "audit_events" ("subject_id", "id")');
    await queryRunner.query('CREATE INDEX "audit_events_actor_id_index" ON "audit_events" ("actor_id", "id")');
    await queryRunner.query('CREATE INDEX "audit_events_created_at_index" ON "audit_events" ("created_at")');
    // Append-only: rows go when they are older than retention says, and an address goes with the person; nothing else is ever changed.
    await queryRunner.query(`
      CREATE FUNCTION audit_events_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF TG_OP = 'DELETE' AND OLD.created_at < nullif(current_setting('likeness.audit_keeps_from', true), '')::timestamptz THEN
          RETURN OLD;
        END IF;
        IF TG_OP = 'UPDATE' AND NEW.ip_address IS NULL
          AND (NEW.id, NEW.action, NEW.actor_kind, NEW.actor_id, NEW.subject_id, NEW.request_id, NEW.details, NEW.created_at)
            IS NOT DISTINCT FROM (OLD.id, OLD.action, OLD.actor_kind, OLD.actor_id, OLD.subject_id, OLD.request_id, OLD.details, OLD.created_at) THEN
          RETURN NEW;
        END IF;
        RAISE EXCEPTION 'audit_events is append-only' USING ERRCODE = 'insufficient_privilege';
      END $$`);
    await queryRunner.query('CREATE TRIGGER "audit_events_append_only" BEFORE UPDATE OR DELETE ON "audit_events" FOR EACH ROW EXECUTE FUNCTION audit_events_append_only()');
    await queryRunner.query('CREATE TRIGGER "audit_events_no_truncate" BEFORE TRUNCATE ON "audit_events" FOR EACH STATEMENT EXECUTE FUNCTION audit_events_append_only()');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "audit_events"');
    await queryRunner.query('DROP FUNCTION audit_events_append_only()');
  }
}
