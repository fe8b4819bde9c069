import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { withDatabase } from '../kit/postgres.js';
import { startBundledService, type BundledService } from '../kit/service.js';
import { command, type CommandResult } from './command.js';

interface Finding {
  readonly check: string;
  readonly status: string;
  readonly advice?: string;
}

describe('the command line for who runs the service', () => {
  let service: BundledService;
  let admin: RegisteredUser;
  let settings: Record<string, string>;
  const cli = (args: readonly string[], { input, ...changes }: Record<string, string> = {}): Promise<CommandResult> => command({ ...settings, ...changes }, args, input);

  beforeAll(async () => {
    service = await startBundledService('PostgreSQL and Redis', { RATE_LIMITS: 'off' });
    admin = await registerUser(service.api);
    settings = { DATABASE_URL: service.databaseUrl, REDIS_URL: service.redisUrl!, DATA_DIR: service.dataDir };
    await cli(['users', 'promote', admin.id]);
  });
  afterAll(() => service.stop());

  it('finds sound what is, and that the server of the tests would not survive a crash', async () => {
    const { code, json } = await cli(['doctor', '--json']);
    const statusOf = (check: string): string | undefined => json.findings.find((finding: Finding) => finding.check === check)?.status;
    expect([code, json.healthy]).toEqual([1, false]);
    expect(json.findings.filter(({ status }: Finding) => status === 'failure').map(({ check }: Finding) => check)).toEqual(['postgresql fsync']);
    for (const check of ['settings', 'postgresql', 'migrations', 'signing key', 'redis', 'redis maxmemory-policy', 'storage', 'clock of postgresql', 'clock of redis']) expect([check, statusOf(check)]).toEqual([check, 'ok']);
    expect(statusOf('mail')).toBe('warning');
  });

  it('names everything that is not as it should be, each with what to do', async () => {
    const ill = { DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none', REDIS_URL: 'redis://127.0.0.1:1', SMTP_URL: 'smtp://127.0.0.1:1', DATA_DIR: '/proc/none' };
    const { code, json, stdout } = await cli(['doctor', '--json'], ill);
    const failures = (json.findings as Finding[]).filter(({ status }) => status === 'failure');
    expect([code, failures.map(({ check }) => check).sort()]).toEqual([1, ['mail', 'postgresql', 'redis', 'storage']]);
    for (const { advice } of failures) expect(advice).toMatch(/\w/);
    const other = await cli(['doctor'], { MASTER_KEY: Buffer.alloc(32, 9).toString('base64') });
    expect(other).toMatchObject({ code: 1, stdout: expect.stringMatching(/FAILURE {2}signing key: .*MASTER_KEY/) });
    expect(stdout).not.toContain(Buffer.alloc(32, 7).toString('base64'));
    expect((await cli(['doctor'], { PORT: 'x' })).code).toBe(78);
  });

  it('looks without changing anything, at what is used and at what nobody has started yet', async () => {
    const namesBelow = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
    const used = namesBelow(service.dataDir);
    await cli(['doctor']);
    expect(namesBelow(service.dataDir)).toEqual(used);

    const empty = await withDatabase({ isMigrated: false });
    const dataDir = mkdtempSync(join(tmpdir(), 'likeness-doctor-'));
    for (const stores of [{ DATABASE_URL: empty.url, REDIS_URL: service.redisUrl! }, { DATABASE_URL: '', REDIS_URL: '' }]) {
      const { json } = await cli(['doctor', '--json'], { ...stores, DATA_DIR: join(dataDir, 'below/data'), MASTER_KEY: '' });
      const { status, message } = json.findings.find(({ check }: Finding) => check === 'storage');
      expect([status, message]).toEqual(['warning', expect.stringContaining('not there yet')]);
    }
    expect(namesBelow(dataDir)).toEqual([]);
    const client = new pg.Client({ connectionString: empty.url });
    await client.connect();
    const { rows } = await client.query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace`);
    await client.end();
    expect(rows).toEqual([]);
    await empty.drop();
  });

  it('checks the settings without a store, all at once and without a value, and makes nothing', async () => {
    const faulty = await cli(['config', 'check', '--json'], { PORT: 'hunter2', LOGIN_POLICY: 'hunter2', NODE_ENV: 'production', MASTER_KEY: '' });
    expect(faulty).toMatchObject({ code: 78, json: { valid: false, adapters: null } });
    for (const name of ['PORT', 'LOGIN_POLICY', 'MASTER_KEY']) expect(faulty.json.faults.join('\n')).toContain(name);
    expect(faulty.stdout + faulty.stderr).not.toContain('hunter2');
    for (const flag of ['--version', '-V']) expect(await cli([flag])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' });
    const misspelt = await cli(['config', 'check', '--json'], { LOGIN_POLCY: 'hunter2' });
    expect(misspelt).toMatchObject({ code: 0, json: { valid: true, warnings: ['LOGIN_POLCY is not a setting. Did you mean LOGIN_POLICY?'] } });
    expect((await cli(['doctor', '--json'], { LOGIN_POLCY: 'hunter2' })).json.findings).toContainEqual(expect.objectContaining({ check: 'settings', status: 'warning' }));
    const dataDir = join(mkdtempSync(join(tmpdir(), 'likeness-config-')), 'data');
    const good = await cli(['config', 'check', '--json'], { DATABASE_URL: '', REDIS_URL: '', DATA_DIR: dataDir, MASTER_KEY: '' });
    expect(good).toMatchObject({ code: 0, json: { valid: true, faults: [], adapters: { database: expect.stringContaining('embedded'), tokens: 'PostgreSQL', mail: expect.stringContaining('files') } } });
    expect(existsSync(dataDir)).toBe(false);
  });

  it('applies what is pending, and says so before', async () => {
    const empty = await withDatabase({ isMigrated: false });
    const on = { DATABASE_URL: empty.url };
    const before = await cli(['migrate', '--status', '--json'], on);
    expect(before).toMatchObject({ code: 1, json: { applied: [] } });
    expect(before.json.pending.length).toBeGreaterThan(10);
    expect(await cli(['migrate', '--json'], on)).toMatchObject({ code: 0, json: { applied: before.json.pending, pending: [] } });
    expect(await cli(['migrate', '--status'], on)).toMatchObject({ code: 0, stdout: 'The schema is up to date.\n' });
    await empty.drop();
  });

  it('takes an admin’s rights away but the last one’s, gives new passwords, and deletes', async () => {
    const user = await registerUser(service.api);
    expect(await cli(['users', 'demote', admin.id])).toMatchObject({ code: 1, stderr: expect.stringContaining('user.last_admin') });
    expect(await cli(['users', 'reset-password', user.email, '--json'], { input: 'nine loud harbours\n' })).toMatchObject({ code: 0, json: { id: user.id } });
    expect((await service.api.get('/v1/users/me', { token: user.token })).status).toBe(401);
    const login = (password: string) => service.api.post('/v1/auth/login', { identifier: user.email, password });
    expect([(await login(user.password)).status, (await login('nine loud harbours')).status]).toEqual([401, 200]);
    expect(await cli(['users', 'reset-password', user.email], { input: 'short\n' })).toMatchObject({ code: 1, stderr: expect.stringContaining('newPassword') });
    expect((await cli(['users', 'delete', user.email])).code).toBe(2);
    expect(await cli(['users', 'delete', user.email, '--yes'])).toMatchObject({ code: 0 });
    expect((await login('nine loud harbours')).status).toBe(401);
  });
});
