import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { chmod, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { command } from '../cli/command.js';
import { withDatabase } from '../kit/postgres.js';
import { keysNamed } from './keys-named.js';
import { BUNDLED_MAIN, registeredAt, SpawnedService } from '../kit/spawned-service.js';
import { noise } from './test-pictures.js';

const FAULTY = fileURLToPath(new URL('./faulty-files.preload.mjs', import.meta.url));
const FOLDERS = ['sources', 'variants', 'temporary'];
/** Root passes over the modes of files: for it the faulty files say what the kernel would say. */
const isRoot = process.getuid?.() === 0;

let database: Awaited<ReturnType<typeof withDatabase>>;
let dataDir: string;
let folder: string;
let service: SpawnedService;
let ada: { readonly id: string; readonly token: string };
let side = 40;
let old: Buffer;

beforeAll(async () => {
  database = await withDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'likeness-failures-'));
  folder = join(dataDir, 'avatars');
  const settings = { DATABASE_URL: database.url, DATA_DIR: dataDir, ACCESS_TOKEN_TTL_SECONDS: '3600', FAULT_FILE: join(dataDir, 'fault'), FAULT_FOLDER: folder };
  service = await SpawnedService.start(settings, { preload: FAULTY, main: BUNDLED_MAIN });
  ada = await registeredAt(service.url, 'ada');
});
afterAll(async () => {
  await service?.stop();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});
beforeEach(async () => {
  expect((await put()).status).toBe(200);
  old = Buffer.from(await (await show('?size=64')).arrayBuffer());
});

/** A picture that no earlier one was. */
const put = async (): Promise<Response> =>
  fetch(`${service.url}/v1/users/me/avatar`, { method: 'PUT', headers: { authorization: `Bearer ${ada.token}` }, body: new Uint8Array(await noise((side += 1), 40).png().toBuffer()) });
const show = (query: string): Promise<Response> => fetch(`${service.url}/v1/users/${ada.id}/avatar${query}`);
const ready = (): Promise<Response> => fetch(`${service.url}/health/ready`);

/** `503 no-store avatar.storage_unavailable` */
async function told(response: Response): Promise<string> {
  const body = (await response.json().catch(() => ({}))) as { code?: string };
  return [response.status, response.headers.get('cache-control'), ...(body.code ? [body.code] : [])].join(' ');
}

interface Fault {
  readonly begin: () => unknown;
  readonly end: () => unknown;
  /** What is stored cannot be read either. */
  readonly stopsReads?: boolean;
  /** New pictures can still be stored. */
  readonly takesUploads?: boolean;
  /** What cannot be shown: by default what is not made yet. */
  readonly asked?: string;
}

const stepFails = (step: string, code: string, stopsReads = false): Fault => ({
  begin: () => writeFile(join(dataDir, 'fault'), `${step} ${code}`),
  end: () => rm(join(dataDir, 'fault')),
  stopsReads,
});
const modesAre = (mode: number): Fault => ({
  begin: () => Promise.all(FOLDERS.map((name) => chmod(join(folder, name), mode))),
  end: () => Promise.all(FOLDERS.map((name) => chmod(join(folder, name), 0o700))),
  stopsReads: mode === 0,
});
const fileSizeIs = (limit: string): unknown => execFileSync('prlimit', [`--pid=${service.pid}`, `--fsize=${limit}:`]);

const FAULTS: Readonly<Record<string, Fault>> = {
  'the disk takes one byte and no more': { begin: () => fileSizeIs('1'), end: () => fileSizeIs('unlimited') },
  'the disk is full': stepFails('writeFile', 'ENOSPC'),
  'the disk is full, and files cannot even be made': stepFails('open', 'ENOSPC', true),
  'the quota is used up': stepFails('writeFile', 'EDQUOT'),
  'the disk fails when it is to keep what was written': stepFails('sync', 'EIO'),
  'the disk fails when it is read': { ...stepFails('readFile', 'EIO', true), takesUploads: true, asked: '?size=256' },
  'too many files are open': stepFails('open', 'EMFILE', true),
  'permission to write is lost': isRoot ? stepFails('write', 'EACCES') : modesAre(0o500),
  'all permission is lost': isRoot ? stepFails('any', 'EACCES', true) : modesAre(0),
  'the folder is gone': { begin: () => rename(folder, `${folder}-gone`), end: () => rename(`${folder}-gone`, folder), stopsReads: true },
};

describe('local storage', () => {
  it.each(Object.entries(FAULTS))('when %s: 503 and `no-store`, never another picture; nothing half-made remains, and all is well once it is over', async (_name, { begin, end, stopsReads = false, takesUploads = false, asked = '?size=32&format=jpeg' }) => {
    const failure = '503 no-store avatar.storage_unavailable';
    await begin();
    try {
      if (!takesUploads) expect(await told(await put())).toBe(failure);
      expect(await told(await show(asked))).toBe(failure);
      const made = await show('?size=64');
      if (made.status === 200) expect(Buffer.from(await made.arrayBuffer()).equals(old)).toBe(true);
      else expect([await told(made), stopsReads]).toEqual([failure, true]);
      const readiness = await ready();
      expect([readiness.status, ((await readiness.json()) as { error: object }).error]).toMatchObject([503, { storage: { status: 'down' } }]);
    } finally {
      await end();
    }
    expect((await ready()).status).toBe(200);
    expect(Buffer.from(await (await show('?size=64')).arrayBuffer()).equals(old)).toBe(true);
    expect((await show(asked)).status).toBe(200);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
    expect((await readdir(join(folder, 'sources'))).sort()).toEqual(await keysNamed(database.url));
    expect((await put()).status).toBe(200);
  });

  it.each([
    ['rename EROFS', 503, 200],
    ['mkdir ENOSPC', 200, 503],
    ['link EIO', 200, 503],
  ])('when a step in the middle of a write fails (%s), uploads are %i and new variants %i, and nothing half-made remains', async (fault, uploaded, made) => {
    await writeFile(join(dataDir, 'fault'), fault);
    const answers = [await put(), await show('?size=128&format=png')];
    await rm(join(dataDir, 'fault'));
    expect(answers.map(({ status }) => status)).toEqual([uploaded, made]);
    expect(await readdir(join(folder, 'temporary'))).toEqual([]);
    expect((await readdir(join(folder, 'sources'))).sort()).toEqual(await keysNamed(database.url));
    expect((await show('?size=128&format=png')).status).toBe(200);
  });

  it('removing a picture needs no storage: 204, and the old one is never shown again', async () => {
    await rename(folder, `${folder}-gone`);
    const removal = await fetch(`${service.url}/v1/users/me/avatar`, { method: 'DELETE', headers: { authorization: `Bearer ${ada.token}` } });
    expect(removal.status).toBe(204);
    expect(await told(await show('?size=64'))).toBe('503 no-store avatar.storage_unavailable');
    await rename(`${folder}-gone`, folder);
    const generated = await show('?size=64');
    expect([generated.status, Buffer.from(await generated.arrayBuffer()).equals(old)]).toEqual([200, false]);
  });

  it('a sweep that cannot see the folder removes nothing, says so, and finds all in order afterwards', async () => {
    const settings = { DATABASE_URL: database.url, DATA_DIR: dataDir, AVATAR_SUPERSEDED_TTL_SECONDS: '0' };
    const before = await keysNamed(database.url);
    await rename(join(folder, 'sources'), `${folder}-gone`);
    expect((await command(settings, ['avatars', 'sweep'])).code).not.toBe(0);
    await rm(join(folder, 'sources'), { recursive: true, force: true }); // the command makes its folders when it starts
    await rename(`${folder}-gone`, join(folder, 'sources'));
    expect((await readdir(join(folder, 'sources'))).sort()).toEqual(before);
    expect((await command(settings, ['avatars', 'sweep', '--json'])).json).toMatchObject({ missing: 0, failed: 0 });
  });
});
