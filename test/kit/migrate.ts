import { DataSource } from 'typeorm';
import { dataSourceOptions, loadMigrations } from '../../src/kernel/database/index.js';

export async function migrate(url: string): Promise<void> {
  const options = dataSourceOptions({ url, poolSize: 2, connectTimeoutMs: 30_000, statementTimeoutMs: 60_000, migrateOnStart: false, pooler: 'none' });
  const dataSource = await new DataSource({ ...options, migrations: await loadMigrations() }).initialize();
  try {
    await dataSource.runMigrations();
  } finally {
    await dataSource.destroy();
  }
}
