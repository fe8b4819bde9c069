import { type DynamicModule, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { dataSourceOptions } from './data-source-options.js';
import { loadMigrations } from './migration-files.js';
import { Migrator } from './migrator.js';
import { onOwnConnections } from './own-connections.js';
import { patiently } from './patiently.js';
import { PreparedReads } from './prepared-reads.js';
import { Transactions } from './transactions.js';

type Options = ReturnType<typeof dataSourceOptions>;

/** On connections of its own, whose statements may take as long as they need. */
const prepare = (options: Options, migrateOnStart: boolean): Promise<void> =>
  onOwnConnections(options, async (dataSource) => {
    const migrator = new Migrator(dataSource);
    await migrator.requireSupportedServer();
    if (migrateOnStart) await migrator.run();
  });

async function openDataSource({ migrationsRun, ...rest }: DataSourceOptions): Promise<DataSource> {
  const options = { ...(rest as Options), migrations: await loadMigrations() };
  return patiently(async () => {
    await prepare(options, migrationsRun ?? false);
    return new DataSource(options).initialize();
  });
}

/** PostgreSQL through TypeORM: the connection pool, the migrations at start, and `Transactions`. */
@Module({})
export class DatabaseModule {
  static forRoot(): DynamicModule {
    return {
      module: DatabaseModule,
      global: true,
      imports: [
        TypeOrmModule.forRootAsync({
          inject: [APP_CONFIG],
          useFactory: (config: AppConfig) => ({
            ...dataSourceOptions(config.database),
            autoLoadEntities: true,
            migrationsRun: config.database.migrateOnStart,
            toRetry: () => false,
          }),
          dataSourceFactory: (options) => openDataSource(options!),
        }),
      ],
      providers: [PreparedReads, Transactions, { provide: Migrator, useFactory: (dataSource: DataSource) => new Migrator(dataSource), inject: [DataSource] }],
      exports: [PreparedReads, Transactions, Migrator, TypeOrmModule],
    };
  }
}
