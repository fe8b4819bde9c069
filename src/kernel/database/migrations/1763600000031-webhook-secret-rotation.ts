import type { MigrationInterface, QueryRunner } from 'typeorm';

export class WebhookSecretRotation1763600000031 implements MigrationInterface {
  name = 'WebhookSecretRotation1763600000031';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "webhooks" ADD "previous_sealed_secret" bytea, ADD "previous_secret_until" timestamptz');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "webhooks" DROP "previous_sealed_secret", DROP "previous_secret_until"');
  }
}
