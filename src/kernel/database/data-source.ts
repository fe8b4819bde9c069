import { DataSource } from 'typeorm';
import { dataSourceOptions } from './data-source-options.js';
import { loadMigrations } from './migration-files.js';

/** For the `typeorm` command line, after a build: entities by their file names, the database by DATABASE_URL. */
export const dataSource = new DataSource({
  ...dataSourceOptions({ url: process.env.DATABASE_URL ?? null, poolSize: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 60_000, migrateOnStart: false, pooler: 'none' }),
  entities: [new URL('../../**/*.entity.js', import.meta.url).pathname],
  migrations: await loadMigrations(),
});
