import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtemp, mkdir, readdir, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
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
