import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createApp } from './app/index.js';
import { banner } from './banner.js';
import { EmbeddedPostgres, EmbeddedPostgresError } from './embedded/index.js';
import { ConfigError, configWarnings, loadConfig, withDatabaseUrl, type AppConfig, type Environment } from './kernel/config/index.js';
import { DatabaseAwayError, UnsupportedDatabaseError } from './kernel/database/index.js';
import { ReadinessRegistry } from './kernel/health/index.js';
import type { ServiceAdapter } from './kernel/http/index.js';
import { MetricsListener } from './kernel/metrics/index.js';
import { CannotListenError } from './kernel/sockets/index.js';

/** EX_CONFIG of sysexits.h. */
const CONFIG_EXIT_CODE = 78;
/** Their messages say what to do; a stack would hide it. */
const SAID_IN_WORDS = [ConfigError, EmbeddedPostgresError, DatabaseAwayError, UnsupportedDatabaseError, CannotListenError];
/** For what fails before the configuration is known. */
const DEFAULT_LIMIT_MS = 15_000;
/** npm passes on the Ctrl-C that the terminal has sent us already: only a later one means "at once". */
const SECOND_SIGNAL_AFTER_MS = 1_000;

/** The whole process: configuration, the embedded database where there is no other, the application, and the way out. */
export class Service {
  private readonly logger = new Logger('Service');
  /** As soon as its start has begun. */
  private database: Promise<EmbeddedPostgres> | null = null;
  private app: NestFastifyApplication | null = null;
  private config: AppConfig | null = null;
  private stoppingSince: number | null = null;

  constructor(private readonly environment: Environment) {}

  /** Returns when requests are served. What cannot be started ends the process, with a message that says why. */
  async run(): Promise<void> {
    this.listenToProcess();
    try {
      const config = loadConfig(this.environment);
      this.config = config;
      await this.serve(config.isEmbedded ? await this.withEmbeddedDatabase(config) : config);
    } catch (error) {
      if (this.stoppingSince === null) await this.fail(error);
    }
  }

  private async withEmbeddedDatabase(config: AppConfig): Promise<AppConfig> {
    this.database = EmbeddedPostgres.start({
      folder: join(config.dataDir, 'postgres'),
      maxConnections: config.database.poolSize + 20,
      onLost: (reason) => this.logger.error(`The embedded PostgreSQL ended unexpectedly (${reason}); starting it again`),
      onGone: (error) => void this.fail(error),
    });
    return withDatabaseUrl(config, (await this.database).url);
  }

  private async serve(config: AppConfig): Promise<void> {
    if (this.stoppingSince !== null) return;
    const app = await createApp(config);
    this.app = app;
    if (this.stoppingSince !== null) return;
    for (const warning of configWarnings(this.environment)) this.logger.warn(warning);
    await app.get(MetricsListener).start();
    await app.init(); // registers the routes
    const url = await (app.getHttpAdapter() as unknown as ServiceAdapter).listenAt(config.http.host, config.http.port);
    const baseUrl = config.http.port === 0 ? url : config.http.publicUrl;
    process.stdout.write(`${banner(config, baseUrl)}\n`);
  }

  private listenToProcess(): void {
    // Who reads what is printed may go away, and a disk that a log is written to may be full: neither ends the service.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => void this.stop(signal));
    // What was not foreseen may have left anything half done: the only safe state is a new process.
    process.on('uncaughtException', (error) => void this.fail(error));
    process.on('unhandledRejection', (reason) => void this.fail(reason));
  }

  /** Drains, answers what is in flight, then stops the database. The second signal does not wait. */
  private async stop(signal: string): Promise<void> {
    const now = performance.now();
    if (this.stoppingSince !== null) {
      if (now - this.stoppingSince > SECOND_SIGNAL_AFTER_MS) process.exit(1);
      return;
    }
    this.stoppingSince = now;
    this.logger.log(`${signal}: stopping`);
    if (signal === 'SIGTERM') await this.drain();
    process.exit((await this.shutDown()) ? 0 : 1);
  }

  /** Serves on while readiness says no, until whoever sends requests here has had the time to hear it. Ctrl-C has nobody to tell. */
  private async drain(): Promise<void> {
    if (!this.app || !this.config || this.config.shutdown.drainMs === 0) return;
    this.app.get(ReadinessRegistry).drain();
    (this.app.getHttpAdapter() as unknown as ServiceAdapter).drain();
    await sleep(this.config.shutdown.drainMs);
  }

  private async fail(error: unknown): Promise<void> {
    if (SAID_IN_WORDS.some((kind) => error instanceof kind)) process.stderr.write(`${(error as Error).message}\n`);
    else this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    if (this.stoppingSince !== null) process.exit(1);
    this.stoppingSince = performance.now();
    await this.shutDown();
    process.exit(error instanceof ConfigError ? CONFIG_EXIT_CODE : 1);
  }

  /** In the reverse order of the start. False when something could not be closed. */
  private async shutDown(): Promise<boolean> {
    const limit = setTimeout(() => process.exit(1), this.config?.shutdown.limitMs ?? DEFAULT_LIMIT_MS);
    const closed = await Promise.resolve(this.app?.close()).then(
      () => true,
      (error: unknown) => (this.logger.error(`The application did not close: ${String(error)}`), false),
    );
    await this.database?.then(
      (database) => database.stop(),
      () => undefined, // whoever waits for its start is told
    );
    clearTimeout(limit);
    return closed;
  }
}
