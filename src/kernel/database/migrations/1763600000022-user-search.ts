import { Logger } from '@nestjs/common';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the list of users is searched by. The trigram index needs the extension pg_trgm, which comes with PostgreSQL and which
 * the owner of a database may create (it is trusted); where it cannot be had, search works without, at the price of reading the table.
 * Indexes that are there already stay: on a large table an operator can make them before, with CONCURRENTLY (docs/search.md).
 */
export class UserSearch1763600000022 implements MigrationInterface {
  name = 'UserSearch1763600000022';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`CREATE INDEX IF NOT EXISTS "users_roles_index" ON "users" ("id") WHERE "roles" <> '{}'`);
    await queryRunner.query('CREATE INDEX IF NOT EXISTS "users_disabled_index" ON "users" ("id") WHERE "disabled"');
    await queryRunner.query(`
      DO $$ BEGIN
        CREATE EXTENSION IF NOT EXISTS pg_trgm;
      EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR unique_violation OR duplicate_object THEN NULL;
      END $$`);
    const found = (await queryRunner.query(
      `SELECT quote_ident(n.nspname) AS schema FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_trgm'`,
    )) as { schema: string }[];
    if (!found[0]) {
      new Logger('Migrations').warn('The extension pg_trgm cannot be created: searching users reads the whole table. See docs/search.md');
      return;
    }
    await queryRunner.query(`
      -- No list of pending entries: accounts are searched more often than they change.
      CREATE INDEX IF NOT EXISTS "users_search_index" ON "users" USING gin
        (("email_key" || E'\\n' || "username" || E'\\n' || coalesce(lower("display_name"), '')) ${found[0].schema}.gin_trgm_ops) WITH (fastupdate = off)`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    // The extension may be in use by others.
    for (const index of ['users_search_index', 'users_disabled_index', 'users_roles_index']) await queryRunner.query(`DROP INDEX IF EXISTS "${index}"`);
  }
}
