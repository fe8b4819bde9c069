import { beforeEach, describe, expect, it } from '@jest/globals';
import { Metrics } from '../../../kernel/metrics/index.js';
import { PIPELINE_VERSION, RENDERER_VERSION, type UsersService } from '../../users/index.js';
import { AvatarMetrics } from '../avatar-metrics.js';
import type { GeneratedPictureRenderer } from '../generated/generated-picture.renderer.js';
import type { PicturePipeline } from '../pipeline/picture-pipeline.js';
import { AvatarStorage, type StorageFolder, type StoragePath, type StorageRoot, type StoredFile } from '../storage/avatar-storage.js';
import { PictureBytes } from '../storage/picture-bytes.js';
import { PictureShelf } from './picture-shelf.js';

class MemoryStorage extends AvatarStorage {
  files = new Map<string, Buffer>();
  override async write(path: StoragePath, bytes: Buffer): Promise<void> { this.files.set(path, bytes); }
  override async writeOnce(path: StoragePath, bytes: Buffer): Promise<boolean> { return !this.files.has(path) && Boolean(this.files.set(path, bytes)); }
  reads = 0;
  writtenAtMs = 0;
  override async read(path: StoragePath): Promise<Buffer | null> { this.reads += 1; return this.files.get(path) ?? null; }
  override async writtenAt(path: StoragePath): Promise<number | null> { return this.files.has(path) ? this.writtenAtMs : null; }
  override async *list(root: StorageRoot): AsyncIterable<StoredFile> { for (const path of this.files.keys()) if (path.startsWith(root)) yield { path, writtenAtMs: 0 }; }
  override async removeLeftovers(): Promise<number> { return 0; }
  override async remove(path: StoragePath): Promise<void> { this.files.delete(path); }
  override async removeAll(folder: StorageFolder): Promise<void> { for (const path of this.files.keys()) if (path.startsWith(folder)) this.files.delete(path); }
  override async probe(): Promise<void> {}
}

const key = 'a'.repeat(64);
const digest = `u${PIPELINE_VERSION}-${key}`;
const variant = { size: 64, format: 'webp' } as const;
let storage: MemoryStorage;
let bytes: PictureBytes;

beforeEach(async () => {
  storage = new MemoryStorage();
  bytes = new PictureBytes(storage);
  await bytes.keep({ key, bytes: Buffer.from('source') });
});

/** Two instances differ in what they make of the same source, as two releases of an encoder would. */
const shelfThatMakes = (made: string, meanwhile: () => Promise<void> = async () => undefined): PictureShelf =>
  new PictureShelf(
    bytes,
    { render: async () => (await meanwhile(), Buffer.from(made)) } as unknown as PicturePipeline,
    { render: async () => Buffer.from(made) } as unknown as GeneratedPictureRenderer,
    { generatedRecipe: async () => null, generatedKeysInUse: async (keys: string[]) => keys } as unknown as UsersService,
    new AvatarMetrics(new Metrics()),
  );

describe('PictureShelf', () => {
  it('answers with the bytes of whoever was first, also to who made others', async () => {
    const slow = shelfThatMakes('second', async () => void (await shelfThatMakes('first').take(digest, variant)));
    expect(String(await slow.take(digest, variant))).toBe('first');
    expect(String(await shelfThatMakes('third').take(digest, variant))).toBe('first');
  });

  it('lets nothing of a picture outlive its erasure, also when a variant was being made', async () => {
    const shelf = shelfThatMakes('made', () => bytes.erase(key));
    expect(await shelf.take(digest, variant)).toBeNull();
    expect([...storage.files.keys()]).toEqual([]);
  });

  it('has made the sizes up to 256 in WebP once a new picture is ready, each once, and makes the next without reading the source', async () => {
    const made: string[] = [];
    const pixels = { data: Buffer.from('pixels'), raw: { width: 1, height: 1, channels: 3 } } as const;
    const shelf = shelfThatMakes('made', async () => void made.push('one'));
    await shelf.makeReady({ key, bytes: Buffer.from('source'), pixels });
    expect([...storage.files.keys()].sort()).toEqual([`sources/${key}`, ...[128, 256, 32, 64].map((size) => `variants/${digest}/${size}.webp`)]);
    await shelf.makeReady({ key, bytes: Buffer.from('source'), pixels });
    expect(made).toHaveLength(4);
    const readsBefore = storage.reads;
    expect(String(await shelf.take(digest, { size: 512, format: 'webp' }))).toBe('made');
    expect(storage.reads).toBe(readsBefore);
  });

  it('makes nothing ready of what was erased meanwhile, and fails no upload when it cannot make anything', async () => {
    const pixels = { data: Buffer.from('pixels'), raw: { width: 1, height: 1, channels: 3 } } as const;
    await shelfThatMakes('made', () => Promise.reject(new Error('busy'))).makeReady({ key, bytes: Buffer.from('source'), pixels });
    expect([...storage.files.keys()]).toEqual([`sources/${key}`]);
    await shelfThatMakes('made', () => bytes.erase(key)).makeReady({ key, bytes: Buffer.from('source'), pixels });
    expect([...storage.files.keys()]).toEqual([]);
  });

  it('makes nothing under the name of a pipeline or renderer that it does not know', async () => {
    expect(await shelfThatMakes('made').take(`u${PIPELINE_VERSION + 1}-${key}`, variant)).toBeNull();
    expect(await shelfThatMakes('made').take(`g${RENDERER_VERSION + 1}-${'0'.repeat(32)}`, variant, { recipe: { initials: 'A', colour: '#000000' } })).toBeNull();
    expect(storage.files.size).toBe(1);
  });

  it('reads stored bytes once, and answers with them only while the store has those very ones', async () => {
    const shelf = shelfThatMakes('made');
    await shelf.take(digest, variant);
    const readsBefore = storage.reads;
    for (let count = 0; count < 3; count += 1) expect(String(await shelf.take(digest, variant))).toBe('made');
    expect(storage.reads - readsBefore).toBe(1);
    const path = [...storage.files.keys()].find((each) => each.startsWith('variants/'))!;
    [storage.writtenAtMs, storage.files] = [1, new Map([...storage.files, [path, Buffer.from('made elsewhere')]])];
    expect(String(await shelf.take(digest, variant))).toBe('made elsewhere');
    await bytes.erase(key);
    expect(await shelf.take(digest, variant)).toBeNull();
    storage.writtenAt = () => Promise.reject(new Error('away'));
    await expect(shelf.take(digest, variant)).rejects.toThrow('away');
  });

  it('tries again after a failure', async () => {
    const failing = shelfThatMakes('made', () => Promise.reject(new Error('no time')));
    await expect(failing.take(digest, variant)).rejects.toThrow('no time');
    await expect(failing.take(digest, variant)).rejects.toThrow('no time');
    expect(String(await shelfThatMakes('made').take(digest, variant))).toBe('made');
  });

  it('draws a generated picture only while somebody is shown with it, and keeps what was drawn', async () => {
    const generated = `g${RENDERER_VERSION}-${'b'.repeat(32)}`;
    expect(await shelfThatMakes('drawn').take(generated, variant)).toBeNull();
    expect(String(await shelfThatMakes('drawn').take(generated, variant, { recipe: { initials: 'A', colour: '#000000' } }))).toBe('drawn');
    expect(String(await shelfThatMakes('other').take(generated, variant))).toBe('drawn');
  });
});
