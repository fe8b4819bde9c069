import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import pg from 'pg';
import { withDatabase, type TestDatabase } from './postgres.js';
import { testRedis, type TestRedis } from './redis.js';

describe('the test kit', () => {
  let databases: TestDatabase[];
  let redises: TestRedis[];

  beforeAll(async () => {
    databases = await Promise.all([withDatabase(), withDatabase(), withDatabase()]);
    redises = await Promise.all([testRedis(), testRedis()]);
  });

  afterAll(async () => {
    await Promise.all([...databases.map((database) => database.drop()), ...redises.map((redis) => redis.close())]);
  });

  it('gives each caller a migrated database of its own', async () => {
    const client = new pg.Client({ connectionString: databases[0]!.url });
    await client.connect();
    const { rows } = await client.query<{ count: number }>('SELECT count(*)::int AS count FROM migrations');
    await client.end();
    expect(rows[0]!.count).toBeGreaterThan(0);
    expect(new Set(databases.map((database) => database.url)).size).toBe(3);
  });

  it('gives each caller an empty Redis database of its own', async () => {
    expect(redises[0]!.url).not.toBe(redises[1]!.url);
    const client = new Redis(redises[0]!.url);
    await client.set('left', 'behind');
    await redises[0]!.flush();
    expect(await client.dbsize()).toBe(0);
    await client.quit();
  });
});
