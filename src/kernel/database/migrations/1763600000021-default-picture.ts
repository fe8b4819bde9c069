import type { MigrationInterface, QueryRunner } from 'typeorm';

export class DefaultPicture1763600000021 implements MigrationInterface {
  name = 'DefaultPicture1763600000021';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('CREATE TABLE "default_picture" ("id" integer NOT NULL, "picture_key" text, "version" integer NOT NULL, CONSTRAINT "default_picture_pkey" PRIMARY KEY ("id"))');
    await queryRunner.query('INSERT INTO "default_picture" ("id", "picture_key", "version") VALUES (1, NULL, 1)');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TABLE "default_picture"');
  }
}
