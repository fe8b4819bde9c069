import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { copyFileSync, mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { ARCHIVED_TABLES, LEFT_OUT } from '../../src/modules/archive/index.js';
import { makeKey, type TestKey } from '../api-keys/api-keys-client.js';
import { startS3rver, type S3Server } from '../avatars/s3-server.js';
import { quarters } from '../avatars/test-pictures.js';
import { command, type CommandResult } from '../cli/command.js';
import { Api, registerUser, type RegisteredUser } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { withDatabase } from '../kit/postgres.js';
import { SHAPES, type Shape } from '../kit/service.js';
import { contentsOf, freshInstance, s3Settings, type FreshInstance, type Settings } from './instances.js';

const OTHER: Record<Shape, Shape> = { 'PostgreSQL alone': 'PostgreSQL and Redis', 'PostgreSQL and Redis': 'PostgreSQL alone' };

describe.each(SHAPES.map((from) => ({ from, to: OTHER[from] })))('an instance, exported from $from and imported into $to', ({ from, to }) => {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-archive-'));
  const file = join(folder, 'instance.tar');
  let s3: S3Server;
  let source: FreshInstance;
  let target: FreshInstance;
  let old: Api;
  let admin: RegisteredUser;
  let ada: RegisteredUser;
  let gone: RegisteredUser;
  let key: TestKey;
  let webhook: { id: string };
  let exported: CommandResult;
  const shown: Record<string, Buffer> = {};

  const cli = (instance: { settings: Settings }, args: readonly string[]): Promise<CommandResult> => command(instance.settings, args);

  beforeAll(async () => {
    s3 = await startS3rver();
    const inBucket = s3Settings(s3.config, 'elsewhere');
    source = await freshInstance(from, from === 'PostgreSQL and Redis' ? inBucket : {});
    target = await freshInstance(to, to === 'PostgreSQL and Redis' ? inBucket : {});
    old = await Api.start(testConfig(source.settings));
    [admin, ada, gone] = [await registerUser(old), await registerUser(old, { displayName: 'Ada Lovelace' }), await registerUser(old)];
    await cli(source, ['users', 'promote', admin.id]);
    for (const [user, colour] of [[ada, 40], [gone, 41], [ada, 42]] as const) {
      const { status } = await old.put('/v1/users/me/avatar', await quarters(80 + colour, 80).png().toBuffer(), { token: user.token, headers: { 'content-type': 'image/png' } });
      expect(status).toBe(200);
    }
    await old.delete('/v1/users/me', { token: gone.token, body: { currentPassword: gone.password }, headers: { 'content-type': 'application/json' } });
    const picture = join(folder, 'default.png');
    writeFileSync(picture, await quarters(60, 60).png().toBuffer());
    await cli(source, ['avatars', 'default', picture]);
    key = await makeKey(old, ada, ['users:read']);
    webhook = (await old.post('/v1/webhooks', { url: 'https://hooks.example.test/likeness', events: ['user.created'] }, { token: admin.token })).body;
    for (const user of [ada, admin]) {
      const { avatar } = (await old.get(`/v1/users/${user.id}`, { token: admin.token })).body;
      for (const url of [avatar.url, avatar.immutableUrl]) shown[new URL(url).pathname] = (await old.get(new URL(url).pathname)).bytes;
    }
    exported = await cli(source, ['export', file, '--json']);
  });
  afterAll(async () => {
    await old?.close();
    await Promise.all([source?.drop(), target?.drop()]);
    await s3.stop();
  });

  it('is one sealed file that its owner alone can read, with counts and digests', () => {
    expect([exported.code, exported.stderr]).toEqual([0, '']);
    expect(exported.json.sections).toMatchObject({ 'tables/users': { items: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }, 'pictures/sources': { items: 3 }, 'tables/signing_keys': { items: 1 } });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(existsSync(`${file}.unfinished`)).toBe(false);
    const bytes = readFileSync(file);
    for (const secret of [ada.email, ada.username, gone.id, '$argon2id', 'hooks.example.test', 'Lovelace']) expect(bytes.includes(secret)).toBe(false);
  });

  it('is taken neither under another master key, nor cut short, nor with a bit that is another, nor where it was made', async () => {
    const damaged = (name: string, spoil: (path: string) => void): string => {
      const path = join(folder, name);
      copyFileSync(file, path);
      spoil(path);
      return path;
    };
    const flipped = damaged('flipped.tar', (path) => {
      const bytes = readFileSync(path);
      bytes[Math.floor(bytes.length / 2)]! ^= 1;
      writeFileSync(path, bytes);
    });
    const cut = damaged('cut.tar', (path) => truncateSync(path, statSync(path).size - 4096));
    const noise = damaged('noise.tar', (path) => writeFileSync(path, Buffer.alloc(4096, 'x')));
    for (const path of [flipped, cut, noise]) expect(await cli(target, ['import', path])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/damaged|not whole|not an archive/i) });
    const stranger = { settings: { ...target.settings, MASTER_KEY: Buffer.alloc(32, 8).toString('base64') } };
    expect(await cli(stranger, ['import', file])).toMatchObject({ code: 1, stderr: expect.stringContaining('MASTER_KEY') });
    expect(await cli(source, ['import', file])).toMatchObject({ code: 1, stderr: expect.stringContaining('in use') });
    expect(await cli(target, ['import', file, '--dry-run', '--json'])).toMatchObject({ code: 0, json: { dryRun: true } });
    expect(await cli(target, ['users', 'list', '--json'])).toMatchObject({ code: 0, stdout: '' });
    expect(await cli(source, ['export', file])).toMatchObject({ code: 2 });
  });

  it('is imported, once, and exported again it is the same', async () => {
    expect(await cli(target, ['import', file, '--json'])).toMatchObject({ code: 0, json: { sections: exported.json.sections } });
    expect(await cli(target, ['import', file])).toMatchObject({ code: 1, stderr: expect.stringContaining('empty') });
    const again = join(folder, 'again.tar');
    expect(await cli(target, ['export', again, '--json'])).toMatchObject({ code: 0 });
    expect(await contentsOf(again)).toEqual(await contentsOf(file));
  });

  it('has its accounts, passwords, pictures, API keys, webhooks and signing keys there, and no session', async () => {
    await old.close();
    const api = await Api.start(testConfig(target.settings));
    try {
      for (const [path, bytes] of Object.entries(shown)) expect([path, (await api.get(path)).bytes.equals(bytes)]).toEqual([path, true]);
      expect((await api.get('/v1/users/me', { token: key.secret })).body).toMatchObject({ id: ada.id, displayName: 'Ada Lovelace' });
      const refused = await api.get('/v1/users/me', { token: ada.token });
      expect([refused.status, refused.body.code]).toEqual([401, 'auth.token_unknown']);
      const login = await api.post('/v1/auth/login', { identifier: ada.email, password: ada.password });
      expect(login.status).toBe(200);
      const { avatar } = (await api.get('/v1/users/me', { token: login.body.accessToken })).body;
      expect(Object.keys(shown)).toContain(new URL(avatar.immutableUrl).pathname);
      const admins = await api.post('/v1/auth/login', { identifier: admin.username, password: admin.password });
      expect((await api.get(`/v1/webhooks/${webhook.id}`, { token: admins.body.accessToken })).status).toBe(200);
      expect((await api.get('/v1/audit-events?action=user.deleted', { token: admins.body.accessToken })).body.items).toMatchObject([{ subjectId: gone.id }]);
      expect((await api.get('/.well-known/jwks.json')).body.keys).toHaveLength(1);
      expect((await api.post('/v1/auth/login', { identifier: gone.email, password: gone.password })).status).toBe(401);
    } finally {
      await api.close();
    }
  });
});

describe('an instance whose store of tokens is still there', () => {
  let first: FreshInstance;
  let second: FreshInstance;

  beforeAll(async () => {
    first = await freshInstance('PostgreSQL and Redis', {});
    second = await freshInstance('PostgreSQL alone', {});
  });
  afterAll(async () => void (await Promise.all([first.drop(), second.drop()])));

  it('takes the tokens of before where their sessions are, and believes nothing that was cached since', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'likeness-archive-')), 'instance.tar');
    const settings = { ...second.settings, REDIS_URL: first.settings.REDIS_URL! };
    const before = await Api.start(testConfig(first.settings));
    const [ada, bob] = [await registerUser(before, { displayName: 'Ada' }), await registerUser(before)];
    await before.post('/v1/auth/logout-all', {}, { token: bob.token });
    expect((await command(first.settings, ['export', file])).code).toBe(0);
    await before.patch('/v1/users/me', { displayName: 'Somebody else' }, { token: ada.token, headers: { 'content-type': 'application/merge-patch+json' } });
    expect((await before.get('/v1/users/me', { token: ada.token })).body.displayName).toBe('Somebody else');
    await before.close();

    expect(await command(settings, ['import', file])).toMatchObject({ code: 0 });
    const after = await Api.start(testConfig(settings));
    try {
      expect((await after.get('/v1/users/me', { token: ada.token })).body).toMatchObject({ id: ada.id, displayName: 'Ada', version: 1 });
      expect((await after.get('/v1/users/me', { token: bob.token })).body.code).toBe('auth.session_ended');
      expect((await command({ ...settings }, ['import', file])).stderr).toContain('in use');
    } finally {
      await after.close();
    }
  });

  it('is not imported into while it serves', async () => {
    const empty = await freshInstance('PostgreSQL alone', {});
    const serving = await Api.start(testConfig(empty.settings));
    try {
      const file = join(mkdtempSync(join(tmpdir(), 'likeness-archive-')), 'instance.tar');
      expect((await command(first.settings, ['export', file])).code).toBe(0);
      expect(await command(empty.settings, ['import', file])).toMatchObject({ code: 1, stderr: expect.stringContaining('serves') });
    } finally {
      await serving.close();
      await empty.drop();
    }
  });
});

describe('what an archive holds', () => {
  it('is decided for every table, and for every column of those that are in it', async () => {
    const database = await withDatabase();
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query<{ table: string; column: string }>(
      `SELECT table_name AS table, column_name AS column FROM information_schema.columns WHERE table_schema = 'public'`,
    );
    await client.end();
    await database.drop();
    expect([...new Set(rows.map(({ table }) => table))].sort()).toEqual([...ARCHIVED_TABLES.map(({ name }) => name), ...Object.keys(LEFT_OUT)].sort());
    for (const { name, columns } of ARCHIVED_TABLES) {
      expect([name, rows.filter(({ table }) => table === name).map(({ column }) => column).sort()]).toEqual([name, [...columns].sort()]);
    }
  });
});
