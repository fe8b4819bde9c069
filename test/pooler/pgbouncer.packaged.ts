import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { dataSourceOptions, PreparedReads, Transactions } from '../../src/kernel/database/index.js';
import { flat } from '../avatars/test-pictures.js';
import { command } from '../cli/command.js';
import { Api, registerUser } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { PgBouncer, RELEASES } from './pgbouncer.js';

const SERVER_CONNECTIONS = 3;

describe.each(RELEASES)('behind PgBouncer in transaction mode (%s)', (release) => {
  let database: TestDatabase;
  let bouncer: PgBouncer;
  let instances: Api[];

  beforeAll(async () => {
    database = await withDatabase({ isMigrated: false });
    bouncer = await PgBouncer.start(release, database.url, SERVER_CONNECTIONS);
  });
  afterAll(async () => {
    await Promise.all((instances ?? []).map((api) => api.close()));
    await bouncer?.stop();
    await database?.drop();
  });

  const settings = (): { DATABASE_URL: string; DATABASE_POOLER: string } => ({ DATABASE_URL: bouncer.url, DATABASE_POOLER: 'transaction' });

  it('instances that start together migrate once', async () => {
    instances = await Promise.all([1, 2].map(() => Api.start(testConfig({ ...settings(), RATE_LIMITS: 'off' }))));
    expect((await command(settings(), ['migrate', '--status'])).code).toBe(0);
  });

  it('accounts, sessions and pictures are written and read by more clients than there are connections', async () => {
    const picture = await flat(32, 32, { r: 1, g: 2, b: 3 }).png().toBuffer();
    const lives = Array.from({ length: 20 }, async (_none, index) => {
      const [one, other] = index % 2 === 0 ? [instances[0]!, instances[1]!] : [instances[1]!, instances[0]!];
      const user = await registerUser(one);
      const { token } = user;
      const seen = [(await other.get('/v1/users/me', { token })).status];
      seen.push((await other.patch('/v1/users/me', { displayName: `N ${index}` }, { token })).status);
      seen.push((await one.get('/v1/users/me', { token })).body.displayName);
      seen.push((await one.put('/v1/users/me/avatar', picture, { token, headers: { 'content-type': 'image/png' } })).status);
      seen.push((await other.post('/v1/auth/refresh', { refreshToken: user.refreshToken })).status);
      seen.push((await one.post('/v1/auth/logout-all', undefined, { token })).status, (await other.get('/v1/users/me', { token })).status);
      return seen;
    });
    expect(await Promise.all(lives)).toEqual(Array.from({ length: 20 }, (_none, index) => [200, 200, `N ${index}`, 200, 200, 204, 401]));
    expect((await instances[0]!.get('/health/ready')).status).toBe(200);
  });

  it('statements run under the settings and the time limits that they run under elsewhere', async () => {
    const options = dataSourceOptions({ url: bouncer.url, poolSize: 4, connectTimeoutMs: 5_000, statementTimeoutMs: 1_234, migrateOnStart: false, pooler: 'transaction' });
    const dataSource = await new DataSource(options).initialize();
    const shown = { name: 'shown', text: `SELECT current_setting('TimeZone') AS zone, current_setting('DateStyle') AS style, current_setting('statement_timeout') AS "limit"` };
    const [row] = await new Transactions(dataSource).run((manager) => manager.query(shown.text));
    expect(row).toEqual({ zone: 'UTC', style: expect.stringMatching(/^ISO/), limit: '1234ms' });
    const rows = await Promise.all(Array.from({ length: 20 }, () => new PreparedReads(dataSource).rows<{ zone: string }>(shown, [])));
    expect(rows.map(([each]) => each!.zone)).toEqual(Array(20).fill('UTC'));
    await dataSource.destroy();
  });

  it('is refused without the setting, with a sentence that names it', async () => {
    const { code, stderr } = await command({ DATABASE_URL: bouncer.url }, ['migrate', '--status']);
    expect([code, stderr]).toEqual([78, expect.stringContaining('DATABASE_POOLER')]);
  });
});
