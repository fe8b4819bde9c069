import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { FencedEntry } from '../../kernel/cache/index.js';
import { USER_RECORD_SCHEMA } from './user-record.js';

/** How long a failover that lost commits may go unnoticed. */
const CHECK_INTERVAL_MS = 2_000;

/**
 * What changes when this database is no longer the one that the cache was filled from: another cluster (dump and restore),
 * another timeline (failover, point-in-time recovery), another database or table (restored in place), or the counter, raised by hand.
 */
const GENERATION = `
  SELECT concat_ws('.', (SELECT system_identifier FROM pg_control_system()), left(pg_walfile_name(pg_current_wal_lsn()), 8),
    (SELECT oid FROM pg_database WHERE datname = current_database()), 'cache_generation'::regclass::oid,
    (SELECT counter FROM cache_generation WHERE id = 1)) AS generation`;

/** Binds the cached users to the PostgreSQL they were read from: a value of another generation is a miss (guarantees §4). */
@Injectable()
export class CacheGeneration implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Users');
  private bound: string | null = null;
  private timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(FencedEntry) private readonly entry: FencedEntry | null,
  ) {}

  async onModuleInit(): Promise<void> {
    if (this.entry === null) return;
    await this.refresh();
    this.timer = setInterval(() => void this.refresh().catch((error: unknown) => this.logger.debug(`cache generation: ${String(error)}`)), CHECK_INTERVAL_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    if (this.timer) clearInterval(this.timer);
  }

  async refresh(): Promise<void> {
    const [row] = await this.dataSource.query<[{ generation: string }]>(GENERATION);
    const generation = createHash('sha256').update(row.generation).digest('base64url').slice(0, 22);
    if (generation === this.bound) return;
    if (this.bound !== null) this.logger.warn('PostgreSQL was restored or failed over: what was cached of users no longer counts.');
    this.bound = generation;
    this.entry?.bind({ schema: USER_RECORD_SCHEMA, generation });
  }
}
