import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AvatarUses1763600000004 implements MigrationInterface {
  name = 'AvatarUses1763600000004';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE "avatar_uses" (
        "user_id" uuid NOT NULL,
        "picture_key" text NOT NULL,
        "created_at" timestamptz NOT NULL DEFAULT clock_timestamp(),
        "superseded_at" timestamptz,
        "erase_requested_at" timestamptz,
        CONSTRAINT "avatar_uses_pkey" PRIMARY KEY ("user_id", "picture_key")
      )`);
    await queryRunner.query('CREATE INDEX "avatar_uses_picture_key_index" ON "avatar_uses" ("picture_key")');
    await queryRunner.query('CREATE INDEX "avatar_uses_erase_requested_index" ON "avatar_uses" ("erase_requested_at") WHERE erase_requested_at IS NOT NULL');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "avatar_uses"');
  }
}
