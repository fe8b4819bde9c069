import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What users are searched by, folded by the service: lower() depends on the locale of the database, and differs from how sign-in folds. The service folds
 * the rows that are there in batches when it starts (`NameFolding`), so that no lock is held for long; until then they are not found.
 */
export class FoldedNames1763600000042 implements MigrationInterface {
  name = 'FoldedNames1763600000042';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE "users" ADD "search_text" text, ADD "folded_version" integer');
    // Rows that were written by a version of the service that does not fold: a handful after an upgrade, otherwise none.
    await queryRunner.query('CREATE INDEX "users_unfolded_index" ON "users" ("id") WHERE folded_version IS DISTINCT FROM version');
    await queryRunner.query('DROP INDEX IF EXISTS "users_search_index"');
    const found = (await queryRunner.query(
      `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm'`,
    )) as { schema: string }[];
    if (!found[0]) return;
    await queryRunner.query(`CREATE INDEX "users_search_text_index" ON "users" USING gin ("search_text" ${found[0].schema}.gin_trgm_ops) WITH (fastupdate = off)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const index of ['users_search_text_index', 'users_unfolded_index']) await queryRunner.query(`DROP INDEX IF EXISTS "${index}"`);
    await queryRunner.query('ALTER TABLE "users" DROP "search_text", DROP "folded_version"');
  }
}
