import { Logger } from '@nestjs/common';
import type { DataSource, QueryRunner } from 'typeorm';
import { UnsupportedDatabaseError } from './database.errors.js';

/** Any constant will do, as long as every instance knows the same: "likeness" in ASCII, cut to 63 bits. */
const MIGRATION_LOCK = '7811887348233564019';
const OLDEST_POSTGRESQL = 15;

interface ServerFacts {
  readonly version: string;
  readonly encoding: string;
}

/** Brings the schema up to date, one instance at a time. */
export class Migrator {
  private readonly logger = new Logger('Migrations');

  constructor(private readonly dataSource: DataSource) {}

  /** Throws `UnsupportedDatabaseError` when the server is older than the service supports, or the database cannot hold every character. */
  async requireSupportedServer(): Promise<void> {
    const [row] = await this.dataSource.query<[ServerFacts]>(`SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding`);
    const major = Math.floor(Number(row.version) / 10_000);
    if (!(major >= OLDEST_POSTGRESQL)) {
      throw new UnsupportedDatabaseError(`PostgreSQL ${OLDEST_POSTGRESQL} or later is required; the server of DATABASE_URL is PostgreSQL ${major}.`);
    }
    if (row.encoding !== 'UTF8') {
      throw new UnsupportedDatabaseError(`The database of DATABASE_URL has the encoding ${row.encoding}, which cannot hold every name. Create one with ENCODING 'UTF8' TEMPLATE template0.`);
    }
  }

  /** Applies what is pending, each migration in a transaction of its own, under an advisory lock: of instances that start together one migrates, the others wait. */
  async run(): Promise<void> {
    const holder = this.dataSource.createQueryRunner();
    try {
      await holder.startTransaction();
      await this.lock(holder);
      const applied = await this.dataSource.runMigrations({ transaction: 'each' });
      this.logger.log(applied.length === 0 ? 'The schema is up to date' : `Applied ${applied.map((migration) => migration.name).join(', ')}`);
    } finally {
      if (holder.isTransactionActive) await holder.rollbackTransaction().catch(() => undefined); // a lost connection has lost the lock too
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

  /**
   * Polled rather than waited for, so that the statement timeout does not end the wait while another instance migrates. The lock is the transaction's:
   * behind a pooler a session is nobody's.
   */
  private async lock(holder: QueryRunner): Promise<void> {
    await holder.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    for (let isWaiting = false; ; isWaiting = true) {
      const [row] = (await holder.query('SELECT pg_try_advisory_xact_lock($1) AS held', [MIGRATION_LOCK])) as { held: boolean }[];
      if (row?.held) return;
      if (!isWaiting) this.logger.log('Another instance is migrating; waiting for it');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
