import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { open, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDatabase } from '../kit/postgres.js';
import { keysNamed } from './keys-named.js';
import { registeredAt, SpawnedService } from '../kit/spawned-service.js';
import { noise } from './test-pictures.js';

/** A disk of its own that nobody else sees, and that goes with the process. */
const withDisk = (folder: string): string[] => ['unshare', '--mount', 'sh', '-c', `mount -t tmpfs -o size=16m,mode=700 likeness-test '${folder}' && exec "$0" "$@"`];

const probe = mkdtempSync(join(tmpdir(), 'likeness-mount-'));
const canMount = spawnSync('unshare', ['--mount', 'sh', '-c', `mount -t tmpfs likeness-test '${probe}'`]).status === 0;
if (!canMount) console.warn('Skipped: real disks that are full need root and mount namespaces (unshare --mount); storage-failures.spec.ts does the same by what the kernel would say.');

(canMount ? describe : describe.skip)('a disk of its own', () => {
  let database: Awaited<ReturnType<typeof withDatabase>>;
  let dataDir: string;
  let service: SpawnedService;
  let ada: { readonly id: string; readonly token: string };
  let side = 200;

  beforeAll(async () => {
    database = await withDatabase();
    dataDir = mkdtempSync(join(tmpdir(), 'likeness-disk-'));
    mkdirSync(join(dataDir, 'avatars'));
    service = await SpawnedService.start({ DATABASE_URL: database.url, DATA_DIR: dataDir, ACCESS_TOKEN_TTL_SECONDS: '3600' }, { through: withDisk(join(dataDir, 'avatars')) });
    ada = await registeredAt(service.url, 'ada');
  });
  afterAll(async () => {
    await service?.stop();
    await database?.drop();
    for (const folder of [dataDir, probe]) await rm(folder, { recursive: true, force: true });
  });

  /** As the service sees it. */
  const folder = (): string => `/proc/${service.pid}/root${join(dataDir, 'avatars')}`;
  const inside = (...command: string[]): unknown => execFileSync('nsenter', ['--mount', `--target=${service.pid}`, '--', ...command], { stdio: ['ignore', 'ignore', 'pipe'] });
  const remount = (options: string): unknown => inside('mount', '-o', `remount,${options}`, join(dataDir, 'avatars'));
  const put = async (): Promise<Response> =>
    fetch(`${service.url}/v1/users/me/avatar`, { method: 'PUT', headers: { authorization: `Bearer ${ada.token}` }, body: new Uint8Array(await noise((side += 1), 200).png().toBuffer()) });
  const show = (query: string): Promise<Response> => fetch(`${service.url}/v1/users/${ada.id}/avatar${query}`);
  const told = async (response: Response): Promise<string> => [response.status, response.headers.get('cache-control'), ((await response.json().catch(() => ({}))) as { code?: string }).code].join(' ');

  /** Takes every byte but the last so many. */
  async function fill(leftBytes: number): Promise<void> {
    const file = await open(join(folder(), 'filler'), 'w');
    try {
      for (let size = 65_536; size >= 4_096; ) await file.write(Buffer.alloc(size)).then(() => undefined, () => (size >>= 1));
      const { size } = await file.stat();
      await file.truncate(Math.max(0, size - leftBytes));
    } finally {
      await file.close();
    }
  }
  const empty = (): Promise<void> => rm(join(folder(), 'filler'), { force: true });

  const FAULTS: readonly [string, { readonly begin: () => unknown; readonly end: () => unknown; readonly takesSmall?: boolean; readonly hides?: boolean }][] = [
    ['is full to the last byte', { begin: () => fill(0), end: empty }],
    ['has room for the beginning of a picture', { begin: () => fill(16_384), end: empty, takesSmall: true }],
    ['has no room for one more file', { begin: async () => remount(`nr_inodes=${(await readdir(folder(), { recursive: true })).length + 1}`), end: () => remount('nr_inodes=10000') }],
    ['is read-only', { begin: () => remount('ro'), end: () => remount('rw') }],
    ['is covered by another one', { begin: () => inside('mount', '-t', 'tmpfs', 'other', join(dataDir, 'avatars')), end: () => inside('umount', join(dataDir, 'avatars')), hides: true }],
  ];

  it.each(FAULTS)('that %s: 503 and `no-store`, the old picture stands, nothing half-made remains, and all is well afterwards', async (_name, { begin, end, takesSmall = false, hides = false }) => {
    expect((await put()).status).toBe(200);
    const old = Buffer.from(await (await show('?size=64')).arrayBuffer());
    const failure = '503 no-store avatar.storage_unavailable';
    await begin();
    try {
      expect(await told(await put())).toBe(failure);
      if (!takesSmall) expect(await told(await show('?size=512&format=png'))).toBe(failure);
      const shown = await show('?size=64');
      if (hides) expect(await told(shown)).toBe(failure);
      else expect(Buffer.from(await shown.arrayBuffer()).equals(old)).toBe(true);
      const ready = await fetch(`${service.url}/health/ready`);
      if (!takesSmall) expect([ready.status, ((await ready.json()) as { error: object }).error]).toMatchObject([503, { storage: { status: 'down' } }]);
    } finally {
      await end();
    }
    expect(Buffer.from(await (await show('?size=64')).arrayBuffer()).equals(old)).toBe(true);
    expect((await show('?size=512&format=png')).status).toBe(200);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    expect(await readdir(join(folder(), 'temporary'))).toEqual([]);
    expect((await readdir(join(folder(), 'sources'))).sort()).toEqual(await keysNamed(database.url));
    expect((await put()).status).toBe(200);
  });
});
