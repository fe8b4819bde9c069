import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions, PreparedReads } from '../../src/kernel/database/index.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';

const LOCK = 42;

describe('two statements, one after the other', () => {
  let database: TestDatabase;
  let dataSource: DataSource;
  let other: pg.Client;
  let reads: PreparedReads;

  beforeAll(async () => {
    database = await withDatabase({ isMigrated: false });
    other = new pg.Client({ connectionString: database.url });
    await other.connect();
    await other.query('CREATE TABLE notes (text text)');
    dataSource = await new DataSource(dataSourceOptions({ url: database.url, poolSize: 1, connectTimeoutMs: 500, statementTimeoutMs: 20_000, migrateOnStart: false, pooler: 'none' })).initialize();
    reads = new PreparedReads(dataSource);
  });
  afterAll(async () => {
    await dataSource.destroy();
    await other.end();
    await database.drop();
  });

  const lockIs = async (isGranted: boolean): Promise<void> => {
    while ((await other.query('SELECT FROM pg_locks WHERE locktype = $1 AND objid = $2 AND granted = $3', ['advisory', LOCK, isGranted])).rowCount === 0);
  };

  it('see what was committed before each began: the second also what was committed during the first', async () => {
    await other.query('SELECT pg_advisory_lock($1)', [LOCK]);
    const both = reads.oneAfterTheOther(`SELECT (SELECT count(*)::int FROM notes) AS notes, pg_advisory_xact_lock(${LOCK})`, 'SELECT text FROM notes');
    await lockIs(false);
    await other.query(`INSERT INTO notes VALUES ('committed during the first')`);
    await other.query('SELECT pg_advisory_unlock($1)', [LOCK]);
    expect(await both).toEqual([[{ notes: 0, pg_advisory_xact_lock: '' }], [{ text: 'committed during the first' }]]);
  });

  it('leave no lock behind, and the connection to the next', async () => {
    await reads.oneAfterTheOther(`SELECT pg_advisory_xact_lock(${LOCK})`, 'SELECT 1');
    await expect(reads.oneAfterTheOther(`SELECT pg_advisory_xact_lock(${LOCK})`, 'SELECT 1 / 0')).rejects.toThrow('division by zero');
    expect((await other.query('SELECT pg_try_advisory_lock($1) AS granted, pg_advisory_unlock($1) AS freed', [LOCK])).rows).toEqual([{ granted: true, freed: true }]);
    expect(await reads.oneAfterTheOther('SELECT 1 AS one', 'SELECT 2 AS two')).toEqual([[{ one: 1 }], [{ two: 2 }]]);
  });
});
