import { join } from 'node:path';
import type { INestApplicationContext } from '@nestjs/common';
import { createContext, logToStandardError } from '../app/index.js';
import { EmbeddedPostgres } from '../embedded/index.js';
import { loadConfig, withDatabaseUrl, type AppConfig, type Environment } from '../kernel/config/index.js';
import { withoutMakingKey } from './kept-key.js';

export interface Service {
  readonly config: AppConfig;
  readonly context: INestApplicationContext;
}

/** Only what matters is logged, and no port is opened: the service may run beside us. */
const forCommands = (environment: Environment): Environment => ({ ...environment, LOG_LEVEL: environment.LOG_LEVEL ?? 'warn', METRICS_PORT: '0' });

/**
 * Runs `work` with the service's own modules on its own stores, so that every write goes the way it goes there, fences included.
 * Embedded: in the database of the service that runs, or, when none does, in one that is started for the moment.
 */
export const withService = <T>(environment: Environment, work: (service: Service) => Promise<T>): Promise<T> =>
  withDatabase(loadConfig(forCommands(environment)), (config) => withContext(config, work));

/** The configuration alone, with a database that runs. */
export function withSettings<T>(environment: Environment, work: (config: AppConfig) => Promise<T>): Promise<T> {
  const config = loadConfig(forCommands(environment));
  logToStandardError(config.logLevel);
  return withDatabase(config, work);
}

/** The same for who changes nothing: no key, folder or database is made. `database.url` stays null where an embedded one was never started. */
export function withSettingsToLook<T>(environment: Environment, work: (config: AppConfig) => Promise<T>): Promise<T> {
  const config = loadConfig(forCommands(withoutMakingKey(environment)));
  logToStandardError(config.logLevel);
  return !config.isEmbedded || EmbeddedPostgres.isIn(clusterFolder(config)) ? withDatabase(config, work) : work(config);
}

const clusterFolder = ({ dataDir }: AppConfig): string => join(dataDir, 'postgres');

async function withDatabase<T>(config: AppConfig, work: (config: AppConfig) => Promise<T>): Promise<T> {
  if (!config.isEmbedded) return work(config);
  const folder = clusterFolder(config);
  const running = EmbeddedPostgres.running(folder);
  if (running !== null) return work(withDatabaseUrl(config, running));
  const database = await EmbeddedPostgres.start({ folder });
  try {
    return await work(withDatabaseUrl(config, database.url));
  } finally {
    await database.stop();
  }
}

async function withContext<T>(config: AppConfig, work: (service: Service) => Promise<T>): Promise<T> {
  const context = await createContext(config);
  try {
    return await work({ config, context });
  } finally {
    await context.close();
  }
}
