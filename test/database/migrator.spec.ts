import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Test } from '@nestjs/testing';
import { DataSource } from 'typeorm';
import { ConfigModule } from '../../src/kernel/config/index.js';
import { DatabaseModule, Migrator, migrationFiles, Transactions } from '../../src/kernel/database/index.js';
import { testConfig } from '../kit/config.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';

describe('the migrations at start', () => {
  let database: TestDatabase;

  const boot = async (migrate: 'on' | 'off') => {
    const config = testConfig({ DATABASE_URL: database.url, MIGRATE_ON_START: migrate });
    const module = await Test.createTestingModule({ imports: [ConfigModule.forRoot(config), DatabaseModule.forRoot()] }).compile();
    return module.init();
  };

  beforeAll(async () => {
    database = await withDatabase({ isMigrated: false });
  });
  afterAll(() => database.drop());

  it('are left alone, and named as pending, when they are switched off', async () => {
    const module = await boot('off');
    expect(await module.get(Migrator).pending()).toHaveLength((await migrationFiles()).length);
    await module.close();
  });

  it('are applied once, however many instances start together', async () => {
    const modules = await Promise.all(Array.from({ length: 4 }, () => boot('on')));
    const rows = await modules[0]!.get(DataSource).query<{ name: string }[]>('SELECT name FROM migrations ORDER BY id');
    expect(rows).toHaveLength((await migrationFiles()).length);
    expect(new Set(rows.map((row) => row.name)).size).toBe(rows.length);
    expect(await modules[1]!.get(Migrator).pending()).toEqual([]);
    expect(modules[2]!.get(Transactions)).toBeInstanceOf(Transactions);
    await Promise.all(modules.map((module) => module.close()));
  });
});
