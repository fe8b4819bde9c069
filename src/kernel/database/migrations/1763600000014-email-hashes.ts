import type { MigrationInterface, QueryRunner } from 'typeorm';

export class EmailHashes1763600000014 implements MigrationInterface {
  name = 'EmailHashes1763600000014';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "users" ADD "email_md5" text, ADD "email_sha256" text');
    await queryRunner.query(`UPDATE "users" SET "email_md5" = md5("email_key"), "email_sha256" = encode(sha256(convert_to("email_key", 'UTF8')), 'hex')`);
    await queryRunner.query('ALTER TABLE "users" ALTER "email_md5" SET NOT NULL, ALTER "email_sha256" SET NOT NULL');
    // Partial: who has not opted in costs the same look as who does not exist.
    await queryRunner.query('CREATE INDEX "users_email_md5_index" ON "users" ("email_md5") WHERE gravatar_opt_in AND email_verified');
    await queryRunner.query('CREATE INDEX "users_email_sha256_index" ON "users" ("email_sha256") WHERE gravatar_opt_in AND email_verified');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "users" DROP "email_md5", DROP "email_sha256"');
  }
}
