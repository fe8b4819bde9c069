import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { existsSync, writeFileSync } from 'node:fs';
import { createHash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { oldServer, oldToken, SECRET, type OldServer } from '../legacy/old-server.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { command, type CommandResult } from './command.js';

describeOnEitherShape('importing from an OpenIM server', (shape) => {
  let service: BundledService;
  let old: OldServer;
  let admin: RegisteredUser;
  let run: (...flags: string[]) => Promise<CommandResult>;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', LEGACY_TOKENS_SECRET: SECRET });
    old = await oldServer();
    admin = await registerUser(service.api);
    const settings = { DATABASE_URL: service.databaseUrl, DATA_DIR: service.dataDir, ...(service.redisUrl !== null && { REDIS_URL: service.redisUrl }) };
    run = (...flags) => command(settings, ['tokens', 'import-openim', '--redis', old.url, '--json', ...flags]);
  });
  afterAll(async () => {
    await old.close();
    await service.stop();
  });
  beforeEach(() => old.redis.flushdb());

  const person = async (): Promise<RegisteredUser & { externalId: string }> => {
    const user = await registerUser(service.api);
    const externalId = `im-${randomUUID()}`;
    await service.api.patch(`/v1/users/${user.id}`, { externalId }, { token: admin.token });
    return { ...user, externalId };
  };
  const me = async (token: string): Promise<string> => {
    const { status, body } = await service.api.get('/v1/users/me', { token });
    return status === 200 ? 'live' : body.code;
  };
  const snapshot = async (): Promise<string> => JSON.stringify(await Promise.all((await old.redis.keys('*')).sort().map(async (key) => [key, await old.redis.hgetall(key), await old.redis.pttl(key)])));

  it('brings each token over with its own end and state, and leaves the old server as it was', async () => {
    const [ada, grace] = [await person(), await person()];
    const tokens = { web: oldToken(ada.externalId, 6), ios: oldToken(ada.externalId, 1, 300), kicked: oldToken(ada.externalId, 1), over: oldToken(ada.externalId, 1, -10), admin: oldToken(grace.externalId, 10) };
    await old.keep(ada.externalId, 'MiniWeb', { [tokens.web]: 0 });
    await old.keep(ada.externalId, 'IOS', { [tokens.ios]: 0, [tokens.kicked]: 2, [tokens.over]: 0, [oldToken(grace.externalId, 1)]: 0, nonsense: 0, [oldToken(ada.externalId, 1, 60, 'forged')]: 0 });
    await old.keep(grace.externalId, 'Admin', { [tokens.admin]: 0 });
    await old.keep('stranger', 'Web', { [oldToken('stranger')]: 0 });
    await old.redis.set('UID_PID_TOKEN_STATUS:odd:Web', 'not a hash');
    await old.redis.hset('OTHER', { [oldToken(ada.externalId)]: 0 });
    const before = await snapshot().catch(() => '');

    const dry = await run('--secret', SECRET, '--dry-run');
    expect(dry.json).toMatchObject({ dryRun: true, live: 3, kicked: 1, expired: 1, invalid: 3, userUnknown: 1, known: 0, deleted: 0 });
    expect((await service.api.get(`/v1/users/${ada.id}/sessions`, { token: admin.token })).body.items).toHaveLength(1);

    const done = await run('--secret', SECRET);
    expect(done).toMatchObject({ code: 1, json: { dryRun: false, live: 3, kicked: 1, expired: 1, invalid: 3, userUnknown: 1, deleted: 0 } });
    expect(done.stdout + done.stderr).not.toContain(SECRET);
    const sessions = (await service.api.get(`/v1/users/${ada.id}/sessions`, { token: admin.token })).body.items as { platform: string; expiresAt: string }[];
    expect(sessions.map(({ platform }) => platform).sort()).toEqual(['ios', 'other', 'web']);
    const end = (token: string): string => new Date(JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()).exp * 1000).toISOString();
    expect(new Set(sessions.map(({ expiresAt }) => expiresAt))).toEqual(new Set([end(tokens.web), end(tokens.ios), expect.any(String)]));
    expect(await Promise.all([tokens.web, tokens.ios, tokens.kicked, tokens.over, tokens.admin].map(me))).toEqual(['live', 'live', 'auth.session_evicted', 'auth.token_expired', 'live']);
    expect(await snapshot().catch(() => '')).toBe(before);
  });

  it('does it again without doing anything twice, but for what was kicked meanwhile', async () => {
    const ada = await person();
    const [one, two, three] = [oldToken(ada.externalId, 1), oldToken(ada.externalId, 2), oldToken(ada.externalId, 3)];
    await old.keep(ada.externalId, 'IOS', { [one]: 0, [two]: 0, [three]: 0 });
    expect((await run('--secret', SECRET)).json).toMatchObject({ live: 3, known: 0 });
    await service.api.post('/v1/auth/logout', undefined, { token: one });
    await old.keep(ada.externalId, 'IOS', { [two]: 2 });
    expect(await run('--secret', SECRET)).toMatchObject({ code: 0, json: { live: 0, kicked: 0, known: 3 } });
    expect(await Promise.all([one, two, three].map(me))).toEqual(['auth.session_ended', 'auth.session_evicted', 'live']);
  });

  it('makes the users that are missing when asked, and deletes when asked, only what was dealt with', async () => {
    const [plain, odd] = [`zoe-${randomUUID().slice(0, 8)}`, `用户 ${randomUUID()}`];
    const [good, strange] = [oldToken(plain), oldToken(odd, 11)];
    await old.keep(plain, 'Web', { [good]: 0, broken: 0 });
    await old.keep(plain, 'IOS', { [oldToken(plain, 1)]: 0 });
    await old.keep(odd, 'HarmonyOS', { [strange]: 0 });
    expect((await run('--secret', SECRET, '--create-users', '--dry-run')).json).toMatchObject({ usersCreated: 2, live: 3, userUnknown: 0 });
    const done = await run('--secret', SECRET, '--create-users', '--delete');
    expect(done.json).toMatchObject({ usersCreated: 2, live: 3, invalid: 1, deleted: 3 });
    expect(await old.redis.keys('*')).toEqual([`UID_PID_TOKEN_STATUS:${plain}:Web`]);
    const { body } = await service.api.get('/v1/users/me', { token: good });
    expect(body).toMatchObject({ externalId: plain, username: plain, email: `${plain}@openim.invalid`, emailVerified: false });
    expect(await me(strange)).toBe('live');
  });

  it('goes on where it was interrupted', async () => {
    const ada = await person();
    for (let i = 0; i < 1_500; i += 1) await old.keep(`nobody-${i}`, 'Web', { x: 0 });
    await old.keep(ada.externalId, 'Web', { [oldToken(ada.externalId)]: 0 });
    const whole = await run('--secret', SECRET);
    expect(whole.json).toMatchObject({ hashes: 1_501, live: 1, invalid: 1_500 });
    expect(existsSync(join(service.dataDir, 'import-openim.json'))).toBe(false);

    // As if it had been killed after its first page.
    const [cursor, first] = await old.redis.scan('0', 'MATCH', 'UID_PID_TOKEN_STATUS:*', 'COUNT', 200);
    const { host, pathname } = new URL(old.url);
    const source = createHash('sha256').update(`${host}${pathname}`).digest('hex');
    writeFileSync(join(service.dataDir, 'import-openim.json'), JSON.stringify({ source, cursor, counts: { hashes: first.length, invalid: first.length } }));
    const rest = await run('--secret', SECRET, '--resume');
    expect(rest.json).toMatchObject({ hashes: 1_501, live: 0 });
    expect(rest.stderr).toMatch(new RegExp(`Going on after ${first.length} hashes`));
    expect(existsSync(join(service.dataDir, 'import-openim.json'))).toBe(false);
  });

  it('asks for a secret and a server, and says when the server is not there', async () => {
    expect(await run()).toMatchObject({ code: 2, stderr: expect.stringContaining('LEGACY_TOKENS_SECRET') });
    const settings = { DATABASE_URL: service.databaseUrl, DATA_DIR: service.dataDir, LEGACY_TOKENS_SECRET: SECRET, ...(service.redisUrl !== null && { REDIS_URL: service.redisUrl }) };
    expect((await command(settings, ['tokens', 'import-openim', '--redis', 'redis://127.0.0.1:1/0'])).code).toBe(69);
  });
});
