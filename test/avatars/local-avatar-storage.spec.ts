import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { fstatSync, readdirSync, statSync } from 'node:fs';
import { mkdtemp, mkdir, open, readdir, rename, rm, symlink, utimes, writeFile, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LocalAvatarStorage } from '../../src/modules/avatars/storage/local-avatar-storage.js';
import { sourcePath, variantPath, variantsFolder } from '../../src/modules/avatars/storage/storage-paths.js';
import { describeAvatarStorage } from './avatar-storage.contract.js';

const key = 'c'.repeat(64);
let folder: string;
let root: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-avatars-'));
  root = join(folder, 'avatars');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function opened(): Promise<LocalAvatarStorage> {
  const storage = new LocalAvatarStorage(root);
  await storage.open(Date.now());
  return storage;
}

describeAvatarStorage('local files', opened);

describe('LocalAvatarStorage', () => {
  it('leaves no temporary file behind', async () => {
    const storage = await opened();
    await storage.write(sourcePath(key), Buffer.from('bytes'));
    await Promise.all(Array.from({ length: 8 }, () => storage.writeOnce(variantPath(`u1-${key}`, 64, 'webp'), Buffer.from('bytes'))));
    await storage.probe();
    expect(await readdir(join(root, 'temporary'))).toEqual([]);
  });

  it('removes what crashed writers left a day ago, and nothing younger', async () => {
    await opened();
    for (const name of ['old', 'young']) await writeFile(join(root, 'temporary', name), 'half');
    const aged = new Date(Date.now() - 25 * 3600 * 1000);
    await utimes(join(root, 'temporary', 'old'), aged, aged);
    await opened();
    expect(await readdir(join(root, 'temporary'))).toEqual(['young']);
  });

  it('has synced the folder of a name, and the one above, between making the name and saying so; one sync does for all who wait', async () => {
    const storage = await opened();
    const digest = `u1-${key}`;
    const variants = join(root, 'variants');
    const synced = await watchedSyncs({ above: variants, folder: join(variants, digest) }, 20);
    try {
      const sizes = [32, 64, 128, 256, 512] as const;
      const written = sizes.flatMap((size) => (['webp', 'png', 'jpeg', 'avif'] as const).map(async (format) => {
        await storage.writeOnce(variantPath(digest, size, format), Buffer.from('bytes'));
        return { wasNamed: synced.folder.names.has(`${size}.${format}`), wasAbove: synced.above.names.has(digest) };
      }));
      expect(await Promise.all(written)).toEqual(Array.from({ length: 20 }, () => ({ wasNamed: true, wasAbove: true })));
      expect(synced.folder.count).toBeLessThan(20);
    } finally {
      synced.stop();
    }
  });

  it('says that it failed when its folder is gone, instead of saying that there is no picture, or that it was removed', async () => {
    const storage = await opened();
    await rename(root, `${root}-unmounted`);
    await mkdir(root);
    for (const attempt of [
      () => storage.read(sourcePath(key)),
      () => storage.has(sourcePath(key)),
      () => storage.remove(sourcePath(key)),
      () => storage.removeAll(variantsFolder(`u1-${key}`)),
      () => storage.write(sourcePath(key), Buffer.from('bytes')),
      () => storage.probe(),
    ]) {
      await expect(attempt()).rejects.toMatchObject({ code: 'avatar.storage_unavailable', status: 503, headers: { 'Retry-After': '1' } });
    }
  });

  it('says that it failed when nothing can be written, and keeps the old bytes', async () => {
    const storage = await opened();
    await storage.write(sourcePath(key), Buffer.from('old'));
    await rm(join(root, 'temporary'), { recursive: true });
    await symlink('/dev/full', join(root, 'temporary')); // no file can be made below it
    await expect(storage.write(sourcePath(key), Buffer.from('new'))).rejects.toMatchObject({ code: 'avatar.storage_unavailable' });
    expect(String(await storage.read(sourcePath(key)))).toBe('old');
  });
});

interface Synced {
  /** Names that stood in the folder when a sync of it began that has ended since. */
  readonly names: Set<string>;
  count: number;
}

/** Listens to syncs of two folders, which need not be there yet. So many names will be made in `folder`. */
async function watchedSyncs(folders: { readonly above: string; readonly folder: string }, awaited: number): Promise<{ readonly above: Synced; readonly folder: Synced; stop(): void }> {
  const handle = await open(root);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  const sync = Object.getOwnPropertyDescriptor(prototype, 'sync')!.value as (this: FileHandle) => Promise<void>;
  const watched = { above: { names: new Set<string>(), count: 0 }, folder: { names: new Set<string>(), count: 0 } };
  prototype.sync = async function (this: FileHandle) {
    const { ino } = fstatSync(this.fd);
    const name = (['above', 'folder'] as const).find((each) => statSync(folders[each], { throwIfNoEntry: false })?.ino === ino);
    const names = name ? readdirSync(folders[name]) : [];
    // All others make their names while the first is under way: it does not do for them.
    while (name === 'folder' && readdirSync(folders[name]).length < awaited) await new Promise(setImmediate);
    await sync.call(this);
    if (!name) return;
    watched[name].count += 1;
    for (const each of names) watched[name].names.add(each);
  };
  return Object.assign(watched, { stop: () => void (prototype.sync = sync) });
}
