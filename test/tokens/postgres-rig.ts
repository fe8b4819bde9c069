import { randomBytes, randomUUID } from 'node:crypto';
import { DataSource } from 'typeorm';
import { dataSourceOptions, PreparedReads, Transactions } from '../../src/kernel/database/index.js';
import { AccessTokenEntity } from '../../src/modules/auth/tokens/access-token.entity.js';
import { ExpiredTokenPruner } from '../../src/modules/auth/tokens/postgres-expired-token.pruner.js';
import { PostgresTokenRepository } from '../../src/modules/auth/tokens/postgres-token.repository.js';
import type { IssueInput, IssueResult } from '../../src/modules/auth/tokens/token-repository.js';
import { TokenSessionEntity } from '../../src/modules/auth/tokens/token-session.entity.js';
import { TokenUserEntity } from '../../src/modules/auth/tokens/token-user.entity.js';
import { withDatabase } from '../kit/postgres.js';

export type Issued = Extract<IssueResult, { outcome: 'issued' }>;

export interface PostgresRig {
  readonly url: string;
  readonly dataSource: DataSource;
  readonly tokens: PostgresTokenRepository;
  readonly pruner: ExpiredTokenPruner;
  /** Runs one statement beside the repository and answers its rows. */
  query<Row = Record<string, unknown>>(statement: string, parameters?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export const postgresRig = async (poolSize = 20): Promise<PostgresRig> => {
  const database = await withDatabase();
  const options = dataSourceOptions({ url: database.url, poolSize, connectTimeoutMs: 5_000, statementTimeoutMs: 60_000, migrateOnStart: false });
  const dataSource = await new DataSource({ ...options, entities: [AccessTokenEntity, TokenSessionEntity, TokenUserEntity] }).initialize();
  const transactions = new Transactions(dataSource);
  return {
    url: database.url,
    dataSource,
    tokens: new PostgresTokenRepository(new PreparedReads(dataSource), transactions),
    pruner: new ExpiredTokenPruner(dataSource, transactions),
    query: <Row>(statement: string, parameters: unknown[] = []) => dataSource.query<Row[]>(statement, parameters),
    close: async () => {
      await dataSource.destroy();
      await database.drop();
    },
  };
};

/** A login of `userId` that no policy troubles; `overrides` says what the test is about. */
export const login = (userId: string, overrides: Partial<IssueInput> = {}): IssueInput => ({
  userId,
  sessionId: randomUUID(),
  tokenId: randomUUID(),
  client: { platform: 'web', deviceName: 'Desk', ipAddress: '192.0.2.1', userAgent: 'test' },
  userEpoch: 0,
  policy: { name: 'unlimited', max: 100, onLimit: 'evict' },
  accessTtlSeconds: 900,
  idleTtlSeconds: 1_209_600,
  maxTtlSeconds: 7_776_000,
  salt: randomBytes(16).toString('base64url'),
  ...overrides,
});
