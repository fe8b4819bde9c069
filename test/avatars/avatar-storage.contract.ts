import { beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import type { AvatarStorage, StoragePath, StorageRoot } from '../../src/modules/avatars/storage/avatar-storage.js';
import { sourcePath, variantPath, variantsFolder } from '../../src/modules/avatars/storage/storage-paths.js';

const key = 'a'.repeat(64);
const digest = `u1-${key}`;

/** What every adapter of the AvatarStorage port promises. `listsPages`: false for a server that fails at listing more than a page by a fault of its own. */
export function describeAvatarStorage(name: string, make: () => Promise<AvatarStorage>, { listsPages = true } = {}): void {
  describe(`AvatarStorage: ${name}`, () => {
    let storage: AvatarStorage;
    beforeEach(async () => {
      storage = await make();
    });

    it('gives back the very bytes that were written', async () => {
      const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, index) => index % 256));
      await storage.write(sourcePath(key), bytes);
      expect(await storage.read(sourcePath(key))).toEqual(bytes);
      expect(await storage.has(sourcePath(key))).toBe(true);
    });

    it('answers null for what is not there', async () => {
      expect(await storage.read(sourcePath(key))).toBeNull();
      expect(await storage.read(variantPath(digest, 64, 'png'))).toBeNull();
      expect(await storage.has(variantPath(digest, 64, 'png'))).toBe(false);
    });

    it('replaces with write, keeps the first with writeOnce', async () => {
      await storage.write(sourcePath(key), Buffer.from('first'));
      await storage.write(sourcePath(key), Buffer.from('second'));
      expect(String(await storage.read(sourcePath(key)))).toBe('second');
      await storage.writeOnce(variantPath(digest, 64, 'png'), Buffer.from('first'));
      await storage.writeOnce(variantPath(digest, 64, 'png'), Buffer.from('second'));
      expect(String(await storage.read(variantPath(digest, 64, 'png')))).toBe('first');
    });

    it('lets one whole writer win when many write once at the same time', async () => {
      const bodies = Array.from({ length: 24 }, (_, index) => Buffer.alloc(40_000, index));
      const path = variantPath(digest, 128, 'webp');
      const seen = await Promise.all(bodies.map(async (body) => {
        await storage.writeOnce(path, body);
        return storage.read(path);
      }));
      const winner = await storage.read(path);
      expect(bodies.some((body) => winner?.equals(body))).toBe(true);
      expect(seen.every((each) => winner?.equals(each ?? Buffer.alloc(0)))).toBe(true);
    });

    it('removes one file, and all below a folder, and does not mind what is not there', async () => {
      await storage.write(sourcePath(key), Buffer.from('source'));
      for (const size of [32, 64] as const) await storage.writeOnce(variantPath(digest, size, 'webp'), Buffer.from('variant'));
      await storage.writeOnce(variantPath(`u1-${'b'.repeat(64)}`, 32, 'webp'), Buffer.from('neighbour'));
      await storage.removeAll(variantsFolder(digest));
      await storage.remove(sourcePath(key));
      expect(await storage.has(sourcePath(key))).toBe(false);
      expect(await storage.has(variantPath(digest, 32, 'webp'))).toBe(false);
      expect(await storage.has(variantPath(`u1-${'b'.repeat(64)}`, 32, 'webp'))).toBe(true);
      await storage.removeAll(variantsFolder(digest));
      await storage.remove(sourcePath(key));
    });

    it('survives writers and removals of the same folder at the same time', async () => {
      const path = variantPath(digest, 32, 'webp');
      const writes = Array.from({ length: 20 }, () => storage.writeOnce(path, Buffer.from('whole')));
      const removals = Array.from({ length: 20 }, () => storage.removeAll(variantsFolder(digest)));
      const outcomes = await Promise.allSettled([...writes, ...removals]);
      for (const outcome of outcomes) {
        if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'avatar.storage_unavailable' });
      }
      const left = await storage.read(path);
      expect(left === null || String(left) === 'whole').toBe(true);
    });

    it('says when something was written, again when it is written again, and null when there is nothing', async () => {
      const before = Date.now();
      expect(await storage.writtenAt(sourcePath(key))).toBeNull();
      await storage.write(sourcePath(key), Buffer.from('first'));
      const first = (await storage.writtenAt(sourcePath(key)))!;
      expect(Math.abs(first - before)).toBeLessThan(30_000);
      await new Promise((resolve) => setTimeout(resolve, 1_100)); // stores count in seconds
      await storage.write(sourcePath(key), Buffer.from('first'));
      expect(await storage.writtenAt(sourcePath(key))).toBeGreaterThan(first);
    });

    it('lists everything below a root, the files of a folder together, and nothing else', async () => {
      const listed = async (root: StorageRoot): Promise<string[]> => {
        const paths: string[] = [];
        for await (const { path, writtenAtMs } of storage.list(root)) {
          expect(Math.abs(writtenAtMs - Date.now())).toBeLessThan(60_000);
          paths.push(path);
        }
        return paths;
      };
      expect(await listed('sources/')).toEqual([]);
      const digests = ['a', 'b', 'c'].map((letter) => `u1-${letter.repeat(64)}`);
      for (const each of digests) for (const size of [32, 64] as const) await storage.writeOnce(variantPath(each, size, 'webp'), Buffer.from('variant'));
      await storage.write(sourcePath(key), Buffer.from('source'));
      expect(await listed('sources/')).toEqual([`sources/${key}`]);
      const variants = await listed('variants/');
      expect([...variants].sort()).toEqual(digests.flatMap((each) => [`variants/${each}/32.webp`, `variants/${each}/64.webp`]));
      const folders = variants.map((path) => path.split('/')[1]);
      expect(folders.filter((folder, index) => folder !== folders[index - 1])).toHaveLength(3);
    });

    (listsPages ? it : it.skip)('lists more than one page, and bears it when what it lists is removed meanwhile', async () => {
      const keys = Array.from({ length: 1_050 }, (_, index) => createHash('sha256').update(String(index)).digest('hex'));
      for (let at = 0; at < keys.length; at += 50) await Promise.all(keys.slice(at, at + 50).map((each) => storage.write(sourcePath(each), Buffer.from('s'))));
      const found: string[] = [];
      for await (const { path } of storage.list('sources/')) {
        found.push(path);
        if (found.length % 100 === 0) await storage.remove(path as StoragePath);
      }
      expect(found.sort()).toEqual(keys.map(sourcePath).sort());
    });

    it('removes no leftover that is young', async () => {
      expect(await storage.removeLeftovers(Date.now() - 1_000, false)).toBe(0);
    });

    it('passes its own probe', async () => {
      await expect(storage.probe()).resolves.toBeUndefined();
    });

    it('refuses names that the server did not make', () => {
      expect(() => sourcePath('../../etc/passwd')).toThrow(TypeError);
      expect(() => variantPath('u1-\0', 32, 'webp')).toThrow(TypeError);
      expect(() => variantsFolder('')).toThrow(TypeError);
    });
  });
}
