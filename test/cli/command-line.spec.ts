import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { decodeProtectedHeader } from 'jose';
import pg from 'pg';
import { SigningKeyRotation } from '../../src/modules/auth/index.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startService, type TestService } from '../kit/service.js';
import { command, commandProcess, type CommandResult } from './command.js';

describeOnEitherShape('the command line beside a running service', (shape) => {
  let service: TestService;
  let admin: RegisteredUser;
  let settings: Parameters<typeof command>[0];
  const cli = (args: readonly string[]): Promise<CommandResult> => command(settings, args);

  beforeAll(async () => {
    service = await startService(shape, { RATE_LIMITS: 'off' });
    admin = await registerUser(service.api);
    settings = { DATABASE_URL: service.databaseUrl, DATA_DIR: service.dataDir, ...(service.redisUrl !== null && { REDIS_URL: service.redisUrl }) };
  });
  afterAll(() => service.stop());

  it('makes an administrator, whose password comes from the standard input', async () => {
    const args = ['users', 'create', '--email', 'grace@example.test', '--username', 'Grace', '--admin', '--json'];
    const created = await commandProcess(settings, args, 'seven quiet lighthouses\n');
    expect(created).toMatchObject({ code: 0, stderr: '', json: { username: 'grace', roles: ['admin'] } });
    const login = await service.api.post('/v1/auth/login', { identifier: 'grace', password: 'seven quiet lighthouses' });
    expect((await service.api.get('/v1/users?limit=1', { token: login.body.accessToken })).status).toBe(200);
  });

  it('refuses what the API would refuse, with the fields, and without the password', async () => {
    const { code, stdout, stderr } = await command(settings, ['users', 'create', '--email', 'nobody', '--username', 'x'], 'sesame1\n');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/request\.invalid/);
    for (const field of ['email', 'username', 'password']) expect(stderr).toMatch(new RegExp(`- ${field}:`));
    expect(stderr).not.toContain('sesame1');
    const taken = await cli(['users', 'create', '--email', admin.email, '--username', 'other', '--no-password']);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('user.email_taken')]);
  });

  it('makes somebody an administrator, and the service knows at once', async () => {
    const user = await registerUser(service.api);
    expect((await service.api.get('/v1/users', { token: user.token })).status).toBe(403);
    expect(await cli(['users', 'promote', user.email, '--json'])).toMatchObject({ code: 0, json: { id: user.id, roles: ['admin'] } });
    expect((await service.api.get('/v1/users', { token: user.token })).status).toBe(200);
    expect((await cli(['users', 'promote', 'nobody-here'])).stderr).toMatch(/user\.not_found/);
  });

  it('disables an account, and its sessions end at once', async () => {
    const user = await registerUser(service.api);
    expect((await service.api.get('/v1/users/me', { token: user.token })).status).toBe(200);
    expect(await cli(['users', 'disable', user.username])).toMatchObject({ code: 0 });
    expect((await service.api.get('/v1/users/me', { token: user.token })).status).toBe(401);
    expect(await cli(['users', 'enable', user.id])).toMatchObject({ code: 0 });
    expect((await service.api.get('/v1/users/me', { token: user.token })).body.code).toBe('auth.session_ended');
    const listed = await cli(['users', 'list', '--query', user.username, '--json']);
    expect(listed.json).toMatchObject({ id: user.id, disabled: false });
  });

  it('lists, rotates and withdraws keys', async () => {
    const listed = await cli(['keys', 'list', '--json']);
    expect(listed).toMatchObject({ code: 0, json: [{ state: 'active', algorithm: 'ES256' }] });
    const rotated = await cli(['keys', 'rotate', '--json']);
    expect(rotated).toMatchObject({ code: 0, json: { state: 'pending' } });
    expect(await cli(['keys', 'rotate'])).toMatchObject({ code: 1, stderr: expect.stringContaining('keys.pending') });
    await service.api.app.get(SigningKeyRotation).run();
    expect((await service.api.get('/.well-known/jwks.json')).body.keys).toHaveLength(2);

    // One in 64 begins with a dash, and is no option for that.
    expect(await cli(['keys', 'withdraw', `-${'k'.repeat(42)}`])).toMatchObject({ code: 1, stdout: '' });
    expect(await cli(['keys', 'withdraw', 'one', '--jsn'])).toMatchObject({ code: 2, stdout: '' });
    const signing = decodeProtectedHeader(admin.token).kid!;
    expect(await cli(['keys', 'withdraw', signing])).toMatchObject({ code: 0, stdout: expect.stringContaining('withdrawn') });
    await service.api.app.get(SigningKeyRotation).run();
    expect((await service.api.get('/v1/users/me', { token: admin.token })).status).toBe(401);
    const login = await service.api.post('/v1/auth/login', { identifier: admin.username, password: admin.password });
    expect(decodeProtectedHeader(login.body.accessToken).kid).toBe(rotated.json.kid);
    expect(await cli(['keys', 'withdraw', 'no-such-key'])).toMatchObject({ code: 1, stderr: expect.stringContaining('keys.not_found') });
  });

  it('finds nothing in a store of tokens in use, and each fault that is put there', async () => {
    const users: RegisteredUser[] = [];
    for (let count = 0; count < 6; count += 1) users.push(await registerUser(service.api));
    const tokens = await service.api.post('/v1/auth/refresh', { refreshToken: users[0]!.refreshToken });
    await service.api.post('/v1/auth/logout', undefined, { token: users[1]!.token });
    await service.api.delete(`/v1/auth/sessions/${tokens.body.sessionId}`, { token: tokens.body.accessToken });
    const sound = await cli(['tokens', 'audit', '--json']);
    expect(sound).toMatchObject({ code: 0, json: { findingCount: 0, findings: [] } });
    expect(sound.json.recordsRead).toBeGreaterThan(5);

    const faults = await (service.redisUrl === null ? spoilDatabase(service.databaseUrl) : spoilRedis(service.redisUrl));
    const spoilt = await cli(['tokens', 'audit', '--json']);
    expect(spoilt.code).toBe(1);
    expect(new Set(spoilt.json.findings.map(({ fault }: { fault: string }) => fault))).toEqual(new Set(faults));
    expect((await cli(['tokens', 'audit'])).stdout).toMatch(new RegExp(`${faults[0]!} .*\\d+ found`, 's'));
  });
});

async function spoilRedis(url: string): Promise<string[]> {
  const redis = new Redis(url);
  const keys = (await redis.keys('*')).filter((key) => /^(tk|ss|ix)/.test(key));
  const live = keys.filter((key) => key.startsWith('ix:'));
  const [one, two, three] = await Promise.all(live.map(async (index) => {
    const tag = /\{.*\}/.exec(index)![0];
    return { index, tag, sid: (await redis.zrange(index, 0, 0))[0]!.slice(0, 22), token: keys.find((key) => key.startsWith(`tk:${tag}`))! };
  }));
  await redis.persist(one!.token);
  await redis.del(`ss:${two!.tag}:${two!.sid}`);
  await redis.pexpire(`ss:${three!.tag}:${three!.sid}`, 5_000);
  await redis.set(`ep:${three!.tag}`, 'nonsense', 'KEEPTTL');
  await redis.quit();
  return ['no-expiry', 'expiry-disagrees', 'index-without-record', 'token-without-session', 'malformed'];
}

async function spoilDatabase(url: string): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ id: string }>('SELECT id FROM token_sessions WHERE ended_reason IS NULL ORDER BY id LIMIT 4');
  const ids = rows.map(({ id }) => id);
  await client.query(`UPDATE access_tokens SET expires_at = 'infinity' WHERE session_id = $1`, [ids[0]]);
  await client.query(`DELETE FROM token_sessions WHERE id = $1`, [ids[1]]);
  await client.query(`UPDATE token_sessions SET kept_until = now() WHERE id = $1`, [ids[2]]);
  await client.query(`DELETE FROM token_users WHERE user_id = (SELECT user_id FROM token_sessions WHERE id = $1)`, [ids[3]]);
  await client.end();
  return ['no-expiry', 'token-without-session', 'expiry-disagrees', 'record-without-index'];
}

describe('the command line by itself', () => {
  it('explains each command', async () => {
    for (const args of [[], ['keys'], ['tokens'], ['users'], ['tokens', 'import-openim'], ['keys', 'withdraw'], ['users', 'create']]) {
      const { code, stdout } = await command({}, [...args, '--help']);
      expect(code).toBe(0);
      expect(stdout).toMatch(/Usage: likeness/);
    }
  });

  it('says what it does not understand, and exits with 2', async () => {
    for (const args of [['key'], ['keys', 'list', '--nonsense'], ['users', 'create'], ['tokens', 'import-openim'], ['keys', 'withdraw'], []]) {
      const { code, stdout, stderr } = await command({}, args);
      expect([args, code, stdout, stderr !== '']).toEqual([args, 2, '', true]);
    }
  });

  it('takes no password from its arguments', async () => {
    const { code } = await command({}, ['users', 'create', '--email', 'a@example.test', '--username', 'ada', '--password', 'seven quiet lighthouses']);
    expect(code).toBe(2);
  });

  it('tells a wrong configuration, and a database that is away, apart', async () => {
    expect(await commandProcess({ MASTER_KEY: 'short' }, ['keys', 'list'])).toMatchObject({ code: 78, stderr: expect.stringContaining('MASTER_KEY') });
    const away = await commandProcess({ DATABASE_URL: 'postgres://likeness@127.0.0.1:1/none', DATA_DIR: mkdtempSync(join(tmpdir(), 'likeness-cli-')) }, ['keys', 'list']);
    expect(away.code).toBe(69);
  });
});
