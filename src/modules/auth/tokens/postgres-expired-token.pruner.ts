import { Injectable, Logger, type OnApplicationBootstrap, type BeforeApplicationShutdown } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { Transactions } from '../../../kernel/database/index.js';

const FIRST_PASS_AFTER_MS = 60_000;
const PASS_EVERY_MS = 3_600_000;
const ROWS_PER_BATCH = 1_000;
/** What one pass leaves behind, the next one takes; meanwhile no expired row is honoured. */
const MAX_BATCHES_PER_TABLE = 200;

/** Skips what a request holds at the moment, so that neither waits for the other. */
const batchOf = (table: string, endColumn: string): string => `
  WITH batch AS MATERIALIZED (
    SELECT id FROM ${table} WHERE ${endColumn} <= clock_timestamp() ORDER BY ${endColumn} LIMIT ${ROWS_PER_BATCH} FOR UPDATE SKIP LOCKED
  ), gone AS (
    DELETE FROM ${table} WHERE id IN (SELECT id FROM batch) RETURNING id
  ) SELECT count(*)::int AS count FROM gone`;

const TOKEN_BATCH = batchOf('access_tokens', 'expires_at');
const SESSION_BATCH = batchOf('token_sessions', 'kept_until');

const USERS_WITHOUT_SESSIONS = `
  SELECT user_id FROM token_users AS owner
  WHERE NOT EXISTS (SELECT FROM token_sessions WHERE token_sessions.user_id = owner.user_id)
  LIMIT ${ROWS_PER_BATCH} FOR UPDATE SKIP LOCKED`;

/** Asked again under the lock, in a snapshot opened after it: a login may have come first. */
const DELETE_USERS = `
  WITH gone AS (
    DELETE FROM token_users AS owner
    WHERE user_id = ANY($1::uuid[]) AND NOT EXISTS (SELECT FROM token_sessions WHERE token_sessions.user_id = owner.user_id)
    RETURNING user_id
  ) SELECT count(*)::int AS count FROM gone`;

/**
 * Removes what has expired, a minute after the start and then hourly, for users who do not come back (writes prune their own
 * user's rows). In batches, any number of instances at once.
 */
@Injectable()
export class ExpiredTokenPruner implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(ExpiredTokenPruner.name);
  private timer: NodeJS.Timeout | undefined;
  private pass: Promise<void> = Promise.resolve();
  private isStopping = false;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: Transactions,
  ) {}

  onApplicationBootstrap(): void {
    this.schedule(FIRST_PASS_AFTER_MS);
  }

  /** Lets the batch that runs end, and starts none after it. */
  async beforeApplicationShutdown(): Promise<void> {
    this.isStopping = true;
    clearTimeout(this.timer);
    await this.pass;
  }

  /** One pass. Answers how many rows went. */
  async prune(): Promise<number> {
    const tokens = await this.inBatches(() => this.deleted(TOKEN_BATCH));
    const sessions = await this.inBatches(() => this.deleted(SESSION_BATCH));
    return tokens + sessions + (await this.inBatches(() => this.deleteUsers()));
  }

  private schedule(delayMs: number): void {
    this.timer = setTimeout(() => {
      this.pass = this.runPass();
    }, delayMs);
    this.timer.unref();
  }

  private async runPass(): Promise<void> {
    try {
      const count = await this.prune();
      if (count > 0) this.logger.log(`Removed ${count} expired token records`);
    } catch (error) {
      this.logger.warn(`Expired token records stay until the next pass: ${error instanceof Error ? error.message : 'unknown fault'}`);
    }
    if (!this.isStopping) this.schedule(PASS_EVERY_MS);
  }

  private async inBatches(batch: () => Promise<number>): Promise<number> {
    let total = 0;
    for (let round = 0; round < MAX_BATCHES_PER_TABLE && !this.isStopping; round += 1) {
      const count = await batch();
      total += count;
      if (count < ROWS_PER_BATCH) break;
    }
    return total;
  }

  private async deleted(statement: string): Promise<number> {
    const [row] = await this.dataSource.query<[{ count: number }]>(statement);
    return row.count;
  }

  private deleteUsers(): Promise<number> {
    return this.transactions.run(async (manager) => {
      const idle = await manager.query<{ user_id: string }[]>(USERS_WITHOUT_SESSIONS);
      const [row] = await manager.query<[{ count: number }]>(DELETE_USERS, [idle.map((user) => user.user_id)]);
      return row.count;
    });
  }
}
