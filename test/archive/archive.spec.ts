import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { INestApplicationContext } from '@nestjs/common';
import { copyFileSync, mkdtempSync, readFileSync, statSync, truncateSync, writeFileSync, existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { DataSource } from 'typeorm';
import { createContext } from '../../src/app/index.js';
import type { ArchiveManifest } from '../../src/kernel/archive/index.js';
import { EventFollowers } from '../../src/kernel/events/index.js';
import { ARCHIVED_TABLES, InstanceExport, InstanceImport, LEFT_OUT } from '../../src/modules/archive/index.js';
import { OperatorPicture } from '../../src/modules/avatars/index.js';
import { UserOperators } from '../../src/modules/users/index.js';
import { makeKey, type TestKey } from '../api-keys/api-keys-client.js';
import { startS3rver, type S3Server } from '../avatars/s3-server.js';
import { quarters } from '../avatars/test-pictures.js';
import { command } from '../cli/command.js';
import { eventually } from '../kit/eventually.js';
import { Api, registerUser, type RegisteredUser } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { withDatabase } from '../kit/postgres.js';
import { SHAPES, type Shape } from '../kit/service.js';
import { contentsOf, freshInstance, s3Settings, type FreshInstance } from './instances.js';

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
  let exported: ArchiveManifest;
  let there: INestApplicationContext;
  const shown: Record<string, Buffer> = {};

  const quietly = { onProgress: () => undefined };
  const importInto = (context: INestApplicationContext, path: string, isDryRun = false): Promise<ArchiveManifest> => context.get(InstanceImport).run({ path, isDryRun, ...quietly });
  const exportFrom = (context: INestApplicationContext, path: string) => context.get(InstanceExport).run({ path, replaces: false, ...quietly });

  beforeAll(async () => {
    s3 = await startS3rver();
    const inBucket = s3Settings(s3.config, 'elsewhere');
    source = await freshInstance(from, from === 'PostgreSQL and Redis' ? inBucket : {});
    target = await freshInstance(to, to === 'PostgreSQL and Redis' ? inBucket : {});
    old = await Api.start(testConfig(source.settings));
    [admin, ada, gone] = [await registerUser(old, { bootstrapToken: 'first' }), await registerUser(old, { displayName: 'Ada Lovelace' }), await registerUser(old)];
    for (const [user, colour] of [[ada, 40], [gone, 41], [ada, 42]] as const) {
      const { status } = await old.put('/v1/users/me/avatar', await quarters(80 + colour, 80).png().toBuffer(), { token: user.token, headers: { 'content-type': 'image/png' } });
      expect(status).toBe(200);
    }
    await old.delete('/v1/users/me', { token: gone.token, body: { currentPassword: gone.password }, headers: { 'content-type': 'application/json' } });
    await old.app.get(OperatorPicture).put({ bytes: await quarters(60, 60).png().toBuffer(), crop: null });
    key = await makeKey(old, ada, ['users:read']);
    webhook = (await old.post('/v1/webhooks', { url: 'https://hooks.example.test/likeness', events: ['user.created'] }, { token: admin.token })).body;
    for (const user of [ada, admin]) {
      const { avatar } = (await old.get(`/v1/users/${user.id}`, { token: admin.token })).body;
      for (const url of [avatar.url, avatar.immutableUrl]) shown[new URL(url).pathname] = (await old.get(new URL(url).pathname)).bytes;
    }
    exported = (await exportFrom(old.app, file)).manifest;
    there = await createContext(testConfig(target.settings));
  });
  afterAll(async () => {
    await Promise.all([old?.close(), there?.close()]);
    await Promise.all([source?.drop(), target?.drop()]);
    await s3.stop();
  });

  it('is one sealed file that its owner alone can read, with counts and digests', () => {
    expect(exported.sections).toMatchObject({ 'tables/users': { items: 2, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) }, 'pictures/sources': { items: 3 }, 'tables/signing_keys': { items: 1 } });
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
      bytes[bytes.indexOf('tables/users/00000001') + 600]! ^= 1;
      writeFileSync(path, bytes);
    });
    const cut = damaged('cut.tar', (path) => truncateSync(path, statSync(path).size - 4096));
    const noise = damaged('noise.tar', (path) => writeFileSync(path, Buffer.alloc(4096, 'x')));
    for (const path of [flipped, cut, noise]) await expect(importInto(there, path)).rejects.toThrow(/damaged|not whole|not an archive/i);
    await expect(importInto(old.app, file)).rejects.toThrow('in use');
    await expect(exportFrom(old.app, file)).rejects.toThrow('EEXIST');
    expect(existsSync(`${file}.unfinished`)).toBe(false);
    const stranger = { ...target.settings, MASTER_KEY: Buffer.alloc(32, 8).toString('base64') };
    expect(await command(stranger, ['import', file])).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('MASTER_KEY') });
    expect(await importInto(there, file, true)).toEqual(exported);
    expect(await there.get(UserOperators).pageAfter(null, 1, {})).toEqual([]);
  });

  it('is imported, once, and exported again it is the same', async () => {
    expect(await command(target.settings, ['import', file, '--json'])).toMatchObject({ code: 0, json: { dryRun: false, sections: exported.sections } });
    await expect(importInto(there, file)).rejects.toThrow('empty');
    const again = join(folder, 'again.tar');
    const { manifest } = await exportFrom(there, again);
    expect(manifest.sections['tables/users']).toEqual(exported.sections['tables/users']);
    expect(await contentsOf(again)).toEqual(await contentsOf(file));
  });

  it('has its accounts, passwords, pictures, API keys, webhooks and signing keys there, and no session', async () => {
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

  beforeAll(async () => {
    first = await freshInstance('PostgreSQL and Redis', {});
  });
  afterAll(() => first.drop());

  /** By hand, behind the service's back: nothing tells Redis. */
  const emptied = async (url: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`TRUNCATE ${ARCHIVED_TABLES.filter(({ beforeImport }) => beforeImport === 'empty').map(({ name }) => name).join(', ')} CASCADE`);
    await client.end();
  };

  it('takes the tokens of before where their sessions are, and believes nothing that was cached since', async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'likeness-archive-')), 'instance.tar');
    const before = await Api.start(testConfig(first.settings));
    const [ada, bob] = [await registerUser(before, { displayName: 'Ada' }), await registerUser(before)];
    await before.post('/v1/auth/logout-all', {}, { token: bob.token });
    await before.app.get(InstanceExport).run({ path: file, replaces: false, onProgress: () => undefined });
    await before.patch('/v1/users/me', { displayName: 'Somebody else' }, { token: ada.token, headers: { 'content-type': 'application/merge-patch+json' } });
    expect((await before.get('/v1/users/me', { token: ada.token })).body.displayName).toBe('Somebody else');
    await before.close();

    await emptied(first.settings.DATABASE_URL!);
    const context = await createContext(testConfig(first.settings));
    await context.get(InstanceImport).run({ path: file, isDryRun: false, onProgress: () => undefined });
    await context.close();
    const after = await Api.start(testConfig(first.settings));
    try {
      expect((await after.get('/v1/users/me', { token: ada.token })).body).toMatchObject({ id: ada.id, displayName: 'Ada', version: 1 });
      expect((await after.get('/v1/users/me', { token: bob.token })).body.code).toBe('auth.session_ended');
    } finally {
      await after.close();
    }
  });

  it('is not imported into while it serves', async () => {
    const empty = await freshInstance('PostgreSQL alone', {});
    const serving = await Api.start(testConfig(empty.settings));
    try {
      const [database, followers] = [serving.app.get(DataSource), serving.app.get(EventFollowers, { strict: false })];
      await eventually('the instance follows the log of events', () => followers.areSeen(database.manager, 60));
      const file = join(mkdtempSync(join(tmpdir(), 'likeness-archive-')), 'instance.tar');
      expect(await command(first.settings, ['export', file])).toMatchObject({ code: 0, stdout: expect.stringContaining('tables/users: 2') });
      await expect(serving.app.get(InstanceImport).run({ path: file, isDryRun: false, onProgress: () => undefined })).rejects.toThrow('serves');
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
