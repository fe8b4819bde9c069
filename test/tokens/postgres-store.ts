import { DataSource } from 'typeorm';
import { dataSourceOptions, PreparedReads, Transactions } from '../../src/kernel/database/index.js';
import { AccessTokenEntity } from '../../src/modules/auth/tokens/access-token.entity.js';
import type { EndedSession, EndedSessions } from '../../src/modules/auth/tokens/ended-sessions.js';
import { ExpiredTokenPruner } from '../../src/modules/auth/tokens/postgres-expired-token.pruner.js';
import { PostgresTokenRepository } from '../../src/modules/auth/tokens/postgres-token.repository.js';
import { TokenSessionEntity } from '../../src/modules/auth/tokens/token-session.entity.js';
import { TokenUserEntity } from '../../src/modules/auth/tokens/token-user.entity.js';
import { withDatabase } from '../kit/postgres.js';
import type { TokenStoreUnderTest } from './token-store-under-test.js';

export interface PostgresStoreUnderTest extends TokenStoreUnderTest {
  readonly database: string;
  readonly pruner: ExpiredTokenPruner;
  /** Runs one statement beside the repository and answers its rows. */
  query<Row = Record<string, unknown>>(statement: string, parameters?: unknown[]): Promise<Row[]>;
}

const WITHOUT_EXPIRY = `
  SELECT (SELECT count(*) FROM access_tokens WHERE expires_at IS NULL OR NOT isfinite(expires_at))::int
       + (SELECT count(*) FROM token_sessions WHERE kept_until IS NULL OR NOT isfinite(kept_until))::int AS count`;

const LEFT = `
  SELECT (SELECT count(*) FROM access_tokens)::int + (SELECT count(*) FROM token_sessions)::int + (SELECT count(*) FROM token_users)::int AS count`;

/** The PostgreSQL adapter on a database of its own. */
export async function openPostgresStore(poolSize = 20): Promise<PostgresStoreUnderTest> {
  const own = await withDatabase();
  const options = dataSourceOptions({ url: own.url, poolSize, connectTimeoutMs: 30_000, statementTimeoutMs: 60_000, migrateOnStart: false, pooler: 'none' });
  const dataSource = await new DataSource({ ...options, entities: [AccessTokenEntity, TokenSessionEntity, TokenUserEntity] }).initialize();
  const transactions = new Transactions(dataSource);
  const told: EndedSession[] = [];
  const ends = { within: async (_manager: unknown, sessions: readonly EndedSession[]) => void told.push(...sessions) } as unknown as EndedSessions;
  const pruner = new ExpiredTokenPruner(dataSource, transactions);
  const count = async (statement: string): Promise<number> => (await dataSource.query<[{ count: number }]>(statement))[0].count;
  return {
    database: new URL(own.url).pathname.slice(1),
    tokens: new PostgresTokenRepository(new PreparedReads(dataSource), transactions, ends),
    pruner,
    toldOf: async (userId) => told.filter((session) => session.userId === userId),
    query: <Row>(statement: string, parameters: unknown[] = []) => dataSource.query<Row[]>(statement, parameters),
    now: async () => (await dataSource.query<[{ ms: number }]>('SELECT floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms'))[0].ms,
    countWithoutExpiry: () => count(WITHOUT_EXPIRY),
    countLeft: async () => {
      await pruner.prune();
      return count(LEFT);
    },
    close: async () => {
      await dataSource.destroy();
      await own.drop();
    },
  };
}
