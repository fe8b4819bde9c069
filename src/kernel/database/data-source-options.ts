import { Logger } from '@nestjs/common';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import type { DatabaseConfig } from '../config/index.js';
import { GuardedClient } from './guarded-client.js';
import { Sessions } from './sessions.js';
import { splitOptions, startupOptions, withoutLimits } from './session-settings.js';

type PostgresOptions = Extract<DataSourceOptions, { type: 'postgres' }>;

const logger = new Logger('Database');

/** Time for an answer on its way, on top of what the server allows a statement. */
const ANSWER_MARGIN_MS = 2_000;

/** The one way in which this service connects. `config.url` must be known: the embedded launcher fills it in. */
export function dataSourceOptions(config: DatabaseConfig): PostgresOptions {
  if (config.url === null) throw new Error('The database has no URL: the embedded PostgreSQL was not started.');
  const { url, options } = splitOptions(config.url);
  const isPooled = config.pooler !== 'none';
  return {
    type: 'postgres',
    // Ours: TypeORM would look for one by name, which in a bundle is another copy.
    driver: pg,
    url,
    applicationName: 'likeness',
    poolSize: config.poolSize,
    connectTimeoutMS: config.connectTimeoutMs,
    // Ids are made by the service: no extension is needed, and none is installed.
    uuidExtension: 'pgcrypto',
    installExtensions: false,
    synchronize: false,
    logging: false,
    poolErrorHandler: (error: NodeJS.ErrnoException) => logger.warn(`An idle connection was lost (${error.code ?? 'no code'})`),
    extra: {
      Client: GuardedClient,
      sessions: new Sessions(config),
      keepAlive: true,
      // Poolers refuse them: there they go with each transaction.
      ...(!isPooled && { statement_timeout: config.statementTimeoutMs, idle_in_transaction_session_timeout: config.statementTimeoutMs }),
      query_timeout: config.statementTimeoutMs + ANSWER_MARGIN_MS,
      options: startupOptions(options, config),
    },
  };
}

/** For migrations: as long as a statement needs, whatever requests are allowed. */
export const withoutTimeLimits = (options: PostgresOptions): PostgresOptions => {
  const { statement_timeout: _statement, idle_in_transaction_session_timeout: _idle, ...extra } = options.extra as Record<string, unknown>;
  const { config } = extra.sessions as Sessions;
  const settings = withoutLimits(extra.options as string | undefined, config.pooler !== 'none');
  return { ...options, poolSize: 2, extra: { ...extra, sessions: new Sessions(config), options: settings, query_timeout: 0 } };
};
