import { beforeEach, describe, expect, it } from '@jest/globals';
import type { AvatarStorage } from '../../src/modules/avatars/storage/avatar-storage.js';
import { sourcePath, variantPath, variantsFolder } from '../../src/modules/avatars/storage/storage-paths.js';

const key = 'a'.repeat(64);
const digest = `u1-${key}`;

/** What every adapter of the AvatarStorage port promises. */
export function describeAvatarStorage(name: string, make: () => Promise<AvatarStorage>): void {
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
