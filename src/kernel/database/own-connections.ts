import { DataSource, type DataSourceOptions } from 'typeorm';
import type { DatabaseConfig } from '../config/index.js';
import { dataSourceOptions, withoutTimeLimits } from './data-source-options.js';
import { loadMigrations } from './migration-files.js';
import { UnsupportedDatabaseError } from './database.errors.js';
import { Migrator } from './migrator.js';

const poolerRefuses = (reason: string): UnsupportedDatabaseError =>
  new UnsupportedDatabaseError(`DATABASE_URL leads to a pooler such as PgBouncer, which refuses session settings (${reason}). Set DATABASE_POOLER=transaction (docs/deploy.md).`);

type Options = ReturnType<typeof dataSourceOptions>;

/** Runs `work` on a few connections of its own, whose statements may take as long as they need, and which know the migrations alone. */
export async function onOwnConnections<T>(options: Options & Pick<DataSourceOptions, 'migrations'>, work: (dataSource: DataSource) => Promise<T>): Promise<T> {
  const dataSource = await new DataSource(withoutTimeLimits({ ...options, entities: [] })).initialize().catch((error: Error) => {
    throw /unsupported startup parameter/i.test(error.message) ? poolerRefuses(error.message) : error;
  });
  try {
    return await work(dataSource);
  } finally {
    await dataSource.destroy();
  }
}

/** Without the service: for who migrates, or looks whether there is something to. */
export const withMigrator = async <T>(config: DatabaseConfig, work: (migrator: Migrator, dataSource: DataSource) => Promise<T>): Promise<T> =>
  onOwnConnections({ ...dataSourceOptions(config), migrations: await loadMigrations() }, (dataSource) => work(new Migrator(dataSource), dataSource));
