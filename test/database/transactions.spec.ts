import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource, type EntityManager } from 'typeorm';
import { dataSourceOptions, isDatabaseAway, isUniqueViolation, Transactions } from '../../src/kernel/database/index.js';
import type { DatabaseConfig } from '../../src/kernel/config/index.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';

const settings: Omit<DatabaseConfig, 'url'> = { poolSize: 4, connectTimeoutMs: 500, statementTimeoutMs: 2_000, migrateOnStart: false, pooler: 'none' };
const codeOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => 'no error', (error: { code?: string }) => error.code ?? error);

describe('a transaction', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let transactions: Transactions;
  let admin: pg.Client;

  const count = async (id: string): Promise<number> => (await admin.query('SELECT 1 FROM notes WHERE id = $1', [id])).rowCount!;
  const insert = (manager: EntityManager, id: string): Promise<unknown> => manager.query('INSERT INTO notes (id) VALUES ($1)', [id]);
  const pidOf = async (manager: EntityManager): Promise<number> => (await manager.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid'))[0]!.pid;

  beforeAll(async () => {
    database = await withDatabase({ isMigrated: false });
    admin = new pg.Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(`
      DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = %L', current_database(), 'repeatable read'); END $$;
      CREATE TABLE notes (id text CONSTRAINT notes_pkey PRIMARY KEY);
      CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(10); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER linger AFTER INSERT ON notes DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.id LIKE 'slow%') EXECUTE FUNCTION linger();
    `);
    dataSource = await new DataSource(dataSourceOptions({ ...settings, url: database.url })).initialize();
    transactions = new Transactions(dataSource);
  });

  afterAll(async () => {
    await dataSource.destroy();
    await admin.end();
    await database.drop();
  });

  it('commits what its work did, and answers with its result', async () => {
    expect(await transactions.run(async (manager) => (await insert(manager, 'kept'), 'the result'))).toBe('the result');
    expect(await count('kept')).toBe(1);
  });

  it('is READ COMMITTED, whatever the database would have otherwise', async () => {
    const rows = await transactions.run((manager) => manager.query('SHOW transaction_isolation'));
    expect(rows).toEqual([{ transaction_isolation: 'read committed' }]);
  });

  it('takes in what its manager begins', async () => {
    const work = transactions.run(async (manager) => {
      await manager.transaction((inner) => insert(inner, 'inner'));
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await count('inner')).toBe(0);
  });

  it('commits a single statement by itself', async () => {
    const statement = { name: 'notes.add', text: 'INSERT INTO notes (id) VALUES ($1) RETURNING id' };
    expect(await transactions.single(statement, ['alone'])).toEqual([{ id: 'alone' }]);
    expect(await count('alone')).toBe(1);
  });

  it('rolls everything back when the work throws, and passes the error on', async () => {
    const reason = new Error('no');
    await expect(transactions.run(async (manager) => { await insert(manager, 'undone'); throw reason; })).rejects.toBe(reason); // prettier-ignore
    expect(await count('undone')).toBe(0);
  });

  it('fails when a statement failed and its error was swallowed, rather than pretending to have committed', async () => {
    const work = transactions.run(async (manager) => {
      await insert(manager, 'swallowed');
      await manager.query('SELECT 1/0').catch(() => undefined);
    });
    await expect(work).rejects.toThrow('rolled back');
    expect(await count('swallowed')).toBe(0);
  });

  it('tells which constraint refused a row, without telling the row', async () => {
    const twice = (): Promise<unknown> => transactions.run((manager) => insert(manager, 'ada@example.test'));
    await twice();
    const error = await twice().catch((refusal: unknown) => refusal);
    expect(isUniqueViolation(error, 'notes_pkey')).toBe(true);
    expect(isUniqueViolation(error, 'another')).toBe(false);
    expect(isDatabaseAway(error)).toBe(false);
    const everything = JSON.stringify(error, Object.getOwnPropertyNames(error)) + JSON.stringify((error as { driverError: object }).driverError);
    expect(everything).not.toContain('ada@example.test');
  });

  it('tells no value that the server could not parse', async () => {
    const error = (await transactions.run((manager) => manager.query('SELECT $1::uuid', ['ada@example.test'])).catch((refusal: unknown) => refusal)) as Error;
    expect(`${error.stack}${JSON.stringify(error)}`).not.toContain('ada@example.test');
  });

  it('is service.unavailable when its connection is lost before the commit, and nothing is changed', async () => {
    const lost = transactions.run(async (manager) => {
      await insert(manager, 'lost');
      await admin.query('SELECT pg_terminate_backend($1)', [await pidOf(manager)]);
      await insert(manager, 'never');
    });
    expect(await codeOf(lost)).toBe('service.unavailable');
    expect(await count('lost')).toBe(0);
  });

  it('is service.unavailable too when its connection is lost after its last statement', async () => {
    const lost = transactions.run(async (manager) => {
      await insert(manager, 'lost at the end');
      await admin.query('SELECT pg_terminate_backend($1)', [await pidOf(manager)]);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    expect(await codeOf(lost)).toBe('service.unavailable');
    expect(await count('lost at the end')).toBe(0);
  });

  it('is request.outcome_unknown when the answer to its commit is lost', async () => {
    const unknown = transactions.run(async (manager) => {
      await insert(manager, 'slow');
      const pid = await pidOf(manager);
      setTimeout(() => void admin.query('SELECT pg_terminate_backend($1)', [pid]), 200);
    });
    expect(await codeOf(unknown)).toBe('request.outcome_unknown');
  });

  it('is service.unavailable when a statement takes longer than it may', async () => {
    expect(await codeOf(transactions.run(async (manager) => (await insert(manager, 'hasty'), manager.query('SELECT pg_sleep(10)'))))).toBe('service.unavailable');
    expect(await count('hasty')).toBe(0);
  });

  it('is service.unavailable when no connection is free in time', async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const holders = Array.from({ length: settings.poolSize }, () => transactions.run(async (manager) => { await manager.query('SELECT 1'); await held; })); // prettier-ignore
    expect(await codeOf(transactions.run(() => Promise.resolve()))).toBe('service.unavailable');
    release();
    await Promise.all(holders);
    expect(await transactions.run(() => Promise.resolve('served again'))).toBe('served again');
  });

  it('survives the loss of every idle connection', async () => {
    await Promise.all(Array.from({ length: settings.poolSize }, () => dataSource.query('SELECT pg_sleep(0.05)')));
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await transactions.run((manager) => manager.query('SELECT 1 AS one'))).toEqual([{ one: 1 }]);
  });
});

describe('a database that is not there', () => {
  it.each([
    ['refuses the connection', 'postgres://nobody@127.0.0.1:1/none'],
    ['has no such name', 'postgres://nobody@database.invalid/none'],
    ['has no socket', 'postgres://nobody@localhost/none?host=%2Fnonexistent'],
  ])('is recognised when it %s', async (_name, url) => {
    const error = await new DataSource(dataSourceOptions({ ...settings, url })).initialize().catch((refusal: unknown) => refusal);
    expect(isDatabaseAway(error)).toBe(true);
  });

  it('is told from faults of our own', () => {
    expect([new Error('x'), new TypeError('y'), null, 'z', { code: 'ENOENT' }, { code: '23505' }, { code: '42P01' }].some(isDatabaseAway)).toBe(false);
  });
});
