import type { MigrationInterface, QueryRunner } from 'typeorm';

export class ForeignHashes1763600000041 implements MigrationInterface {
  name = 'ForeignHashes1763600000041';

  async up(queryRunner: QueryRunner): Promise<void> {
    // Accounts that were imported with a hash of another kind and have not signed in since.
    await queryRunner.query(`CREATE INDEX "users_foreign_hash_index" ON "users" ("id") WHERE password_hash NOT LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP INDEX "users_foreign_hash_index"');
  }
}
