import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import pg from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { ConfigModule, type DatabaseConfig } from '../../src/kernel/config/index.js';
import { DatabaseModule, dataSourceOptions, Transactions } from '../../src/kernel/database/index.js';
import { patiently } from '../../src/kernel/database/patiently.js';
import { command } from '../cli/command.js';
import { Api, registerUser } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';

const settings: Omit<DatabaseConfig, 'url'> = { poolSize: 4, connectTimeoutMs: 2_000, statementTimeoutMs: 10_000, migrateOnStart: false, pooler: 'none' };

/** Each statement with the database's own name for `%I`. */
const asAdmin = async (database: TestDatabase, ...statements: string[]): Promise<void> => {
  const client = new pg.Client({ connectionString: database.url, options: '-c default_transaction_read_only=off' });
  await client.connect();
  try {
    for (const statement of statements) await client.query(`DO $$ BEGIN EXECUTE format('${statement.replaceAll("'", "''")}', current_database()); END $$`);
  } finally {
    await client.end();
  }
};

describe('a database with settings of its own', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await withDatabase();
    const odd = ["datestyle = 'SQL, DMY'", "timezone = 'Asia/Kolkata'", "intervalstyle = 'sql_standard'", "bytea_output = 'escape'", 'standard_conforming_strings = off', 'extra_float_digits = -15', "client_encoding = 'LATIN1'", "default_transaction_isolation = 'serializable'"];
    await asAdmin(database, ...odd.map((each) => `ALTER DATABASE %I SET ${each}`));
  });
  afterAll(() => database.drop());

  it('is used by the settings that the service relies on', async () => {
    const dataSource = await new DataSource(dataSourceOptions({ ...settings, url: database.url })).initialize();
    const names = ['DateStyle', 'TimeZone', 'IntervalStyle', 'bytea_output', 'standard_conforming_strings', 'extra_float_digits', 'client_encoding', 'default_transaction_isolation'];
    const [row] = await dataSource.query(`SELECT ${names.map((name) => `current_setting('${name}') AS "${name}"`).join(', ')}`);
    await dataSource.destroy();
    expect(row).toEqual({ DateStyle: expect.stringMatching(/^ISO, /), TimeZone: 'UTC', IntervalStyle: 'postgres', bytea_output: 'hex', standard_conforming_strings: 'on', extra_float_digits: '1', client_encoding: 'UTF8', default_transaction_isolation: 'read committed' });
  });

  it('keeps the options of its URL beside them', async () => {
    const url = new URL(database.url);
    url.searchParams.set('options', '-c datestyle=German -c intervalstyle=sql_standard -c work_mem=5MB');
    url.searchParams.set('application_name', 'theirs');
    const dataSource = await new DataSource(dataSourceOptions({ ...settings, url: url.href })).initialize();
    const [row] = await dataSource.query(`SELECT current_setting('work_mem') AS memory, current_setting('DateStyle') AS style, current_setting('application_name') AS name, current_setting('IntervalStyle') AS interval`);
    await dataSource.destroy();
    expect(row).toMatchObject({ memory: '5MB', style: expect.stringMatching(/^ISO/), name: 'theirs', interval: 'postgres' });
  });

  it('serves accounts, dates and all', async () => {
    const api = await Api.start(testConfig({ DATABASE_URL: database.url }));
    const user = await registerUser(api);
    const { status, body } = await api.get('/v1/users/me', { token: user.token });
    expect([status, Math.abs(Date.parse(body.createdAt) - Date.now()) < 600_000]).toEqual([200, true]);
    expect((await api.get('/v1/auth/sessions', { token: user.token })).status).toBe(200);
    await api.close();
  });
});

describe('a database that cannot hold every name', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await withDatabase({ isMigrated: false, as: `ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' LOCALE_PROVIDER libc` });
  });
  afterAll(() => database.drop());

  it('is refused at the start', async () => {
    const config = testConfig({ DATABASE_URL: database.url });
    const started = Test.createTestingModule({ imports: [ConfigModule.forRoot(config), DatabaseModule.forRoot()] }).compile();
    await expect(started).rejects.toThrow(/the encoding LATIN1/);
  });

  it('is refused by `migrate`, and named by `doctor`', async () => {
    const migrated = await command({ DATABASE_URL: database.url }, ['migrate']);
    expect([migrated.code, migrated.stderr]).toEqual([78, expect.stringContaining('the encoding LATIN1')]);
    const { json } = await command({ DATABASE_URL: database.url }, ['doctor', '--json']);
    expect(JSON.stringify(json)).toContain('the encoding LATIN1');
  });
});

describe('a database that refuses', () => {
  it.each([
    ['ECONNREFUSED', 'postgres://nobody@127.0.0.1:1/none'],
    ['database "none" does not exist, 3D000', null],
  ])('is told of in a sentence for each try, and no stack (%s)', async (reason, given) => {
    const url = given ?? Object.assign(new URL(process.env.TEST_DATABASE_URL!), { pathname: '/none' }).href;
    const lines: unknown[] = [];
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation((line) => void lines.push(line));
    const failure: Error = await patiently(() => new DataSource(dataSourceOptions({ ...settings, url })).initialize(), 0).then(() => new Error('opened'), (error: Error) => error);
    warn.mockRestore();
    expect(lines).toEqual(Array.from({ length: 9 }, (_none, index) => `PostgreSQL cannot be used (${reason}); trying again, ${index + 1} of 10`));
    expect([failure.message, failure.stack]).toEqual([`PostgreSQL cannot be used (${reason}). Is DATABASE_URL right?`, undefined]);
  });
});

describe('a database that was read-only for a while', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let transactions: Transactions;

  beforeAll(async () => {
    database = await withDatabase({ isMigrated: false });
    await asAdmin(database, 'CREATE TABLE notes (id text)');
    await asAdmin(database, 'ALTER DATABASE %I SET default_transaction_read_only = on');
    dataSource = await new DataSource(dataSourceOptions({ ...settings, url: database.url })).initialize();
    transactions = new Transactions(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await database.drop();
  });

  const insert = (manager: EntityManager): Promise<unknown> => manager.query(`INSERT INTO notes VALUES ('x')`);
  const fill = (): Promise<unknown> => Promise.all(Array.from({ length: settings.poolSize }, () => dataSource.query('SELECT pg_sleep(0.05)')));
  const codeOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'written', (error: { code?: string }) => error.code);
  const pids = async (): Promise<number[]> => (await Promise.all(Array.from({ length: settings.poolSize }, () => dataSource.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid, pg_sleep(0.05)')))).map(([row]) => row!.pid).sort();

  it('takes no write meanwhile, answers reads, and opens no connection for each', async () => {
    await fill();
    const before = await pids();
    expect(await Promise.all(Array.from({ length: 8 }, () => codeOf(transactions.run(insert))))).toEqual(Array(8).fill('service.unavailable'));
    expect(await pids()).toEqual(before);
  });

  it('takes every write from the moment that it can, on sessions that are new', async () => {
    const before = await pids();
    const { lastProbe } = (dataSource.options as unknown as { extra: { sessions: { lastProbe: { atMs: number } } } }).extra.sessions;
    await asAdmin(database, 'ALTER DATABASE %I RESET default_transaction_read_only');
    // A new session is asked for once in half a second.
    lastProbe.atMs = Number.NEGATIVE_INFINITY;
    const single = { name: 'notes.add', text: `INSERT INTO notes VALUES ($1)` };
    const written = [...Array.from({ length: 8 }, () => codeOf(transactions.run(insert))), ...Array.from({ length: 8 }, () => codeOf(transactions.single(single, ['y'])))];
    expect(await Promise.all(written)).toEqual(Array(16).fill('written'));
    expect((await pids()).filter((pid) => before.includes(pid))).toEqual([]);
  });

  it.each(['57P01', '57P02', '57P03', '08006'])('takes a write on another session when the first is found to be gone (%s)', async (code) => {
    const query = jest.spyOn(pg.Client.prototype, 'query').mockImplementationOnce(() => Promise.reject(Object.assign(new Error('gone'), { code, severity: 'FATAL' })) as never);
    expect(await codeOf(transactions.run(insert))).toBe('written');
    expect(query.mock.calls.filter(([text]) => String(text).startsWith('START'))).toHaveLength(2);
    query.mockRestore();
  });
});
