import { Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';

/** Any constant will do, as long as every instance knows the same: "likeness" in ASCII, cut to 63 bits. */
const MIGRATION_LOCK = '7811887348233564019';
const OLDEST_POSTGRESQL = 15;

/** Brings the schema up to date, one instance at a time. */
export class Migrator {
  private readonly logger = new Logger('Migrations');

  constructor(private readonly dataSource: DataSource) {}

  /** Throws when the server is older than the service supports. */
  async requireSupportedServer(): Promise<void> {
    const [row] = await this.dataSource.query<{ server_version_num: string }[]>('SHOW server_version_num');
    const major = Math.floor(Number(row?.server_version_num) / 10_000);
    if (!(major >= OLDEST_POSTGRESQL)) throw new Error(`PostgreSQL ${OLDEST_POSTGRESQL} or later is required; the server of DATABASE_URL is PostgreSQL ${major}.`);
  }

  /** Applies what is pending, each migration in a transaction of its own, under an advisory lock: of instances that start together one migrates, the others wait. */
  async run(): Promise<void> {
    const holder = this.dataSource.createQueryRunner();
    try {
      await holder.connect();
      await this.lock(holder);
      const applied = await this.dataSource.runMigrations({ transaction: 'each' });
      this.logger.log(applied.length === 0 ? 'The schema is up to date' : `Applied ${applied.map((migration) => migration.name).join(', ')}`);
    } finally {
      await this.unlock(holder);
      await holder.release();
    }
  }

  /** The name of the latest migration that this version of the service brings. */
  latest(): string {
    const latest = this.dataSource.migrations.at(-1);
    return latest?.name ?? latest?.constructor.name ?? 'none';
  }

  /** Names of migrations that this version of the service brings and the database has not seen. */
  async pending(): Promise<string[]> {
    const table = this.dataSource.options.migrationsTableName ?? 'migrations';
    const [seen] = await this.dataSource.query<{ exists: boolean }[]>('SELECT to_regclass($1) IS NOT NULL AS exists', [table]);
    const rows = seen?.exists ? await this.dataSource.query<{ name: string }[]>(`SELECT name FROM "${table}"`) : [];
    const applied = new Set(rows.map((row) => row.name));
    return this.dataSource.migrations.map((migration) => migration.name ?? migration.constructor.name).filter((name) => !applied.has(name));
  }

  /** Polled rather than waited for, so that the statement timeout does not end the wait while another instance migrates. */
  private async lock(holder: QueryRunner): Promise<void> {
    for (let isWaiting = false; ; isWaiting = true) {
      const [row] = (await holder.query('SELECT pg_try_advisory_lock($1) AS held', [MIGRATION_LOCK])) as { held: boolean }[];
      if (row?.held) return;
      if (!isWaiting) this.logger.log('Another instance is migrating; waiting for it');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private async unlock(holder: QueryRunner): Promise<void> {
    await holder.query('SELECT pg_advisory_unlock($1)', [MIGRATION_LOCK]).catch(() => undefined); // a lost connection has lost the lock too
  }
}
