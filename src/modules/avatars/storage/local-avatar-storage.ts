import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { access, link, mkdir, mkdtemp, open, opendir, readFile, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SharedCalls } from '../../../kernel/shared-calls/index.js';
import { storageUnavailable } from '../avatars.errors.js';
import { AvatarStorage, type StorageFolder, type StoragePath, type StorageRoot, type StoredFile } from './avatar-storage.js';

const FOLDERS = ['sources', 'variants', 'temporary'] as const;

/** A crashed writer's temporary file is nobody's after this long; instances may share the folder, so never sooner. */
const LEFTOVER_AGE_MS = 24 * 3600 * 1000;

/** Before the first there may be no folder, and before any of the next a removal may have taken it away. */
const NAMING_ATTEMPTS = 6;

const hasCode = (error: unknown, ...codes: string[]): boolean => codes.includes((error as NodeJS.ErrnoException | null)?.code ?? '');

/**
 * Pictures as files below one folder, which instances may share. A write goes to a temporary file of the same file system,
 * is synced, gets its name in one step, and then the folders are synced: a crash leaves the old bytes or the new, whole.
 */
export class LocalAvatarStorage extends AvatarStorage {
  private readonly syncs = new SharedCalls<void>();

  /** @param root absolute path of the folder; made when missing. */
  constructor(private readonly root: string) {
    super();
  }

  /** Makes the folders and removes what crashed writers left behind. `nowMs` is Unix time in milliseconds. */
  async open(nowMs: number): Promise<void> {
    await this.guarded(async () => {
      for (const folder of FOLDERS) await mkdir(join(this.root, folder), { recursive: true, mode: 0o700 });
      await syncFolder(this.root);
      await syncFolder(dirname(this.root));
      await this.removeLeftovers(nowMs - LEFTOVER_AGE_MS, false);
    });
  }

  /**
   * For who only looks: false when the folders are not all there, though they could be made. What is tried below the nearest folder that there
   * is, is removed again.
   */
  isThere(): Promise<boolean> {
    return this.guarded(async () => {
      const made = await Promise.all(FOLDERS.map((folder) => stat(join(this.root, folder)).then(() => true, () => false)));
      if (made.every(Boolean)) return true;
      await rmdir(await mkdtemp(join(await nearestFolder(this.root), '.likeness-probe-')));
      return false;
    });
  }

  override write(path: StoragePath, bytes: Buffer): Promise<void> {
    return this.guarded(() => this.place(path, bytes, rename));
  }

  override writeOnce(path: StoragePath, bytes: Buffer): Promise<boolean> {
    // link(2) refuses an existing name atomically, on every process and every instance that shares the folder.
    const linkOnce = async (temporary: string, target: string): Promise<boolean> => {
      const isFirst = await link(temporary, target).then(() => true, (error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
        return false;
      });
      await unlink(temporary);
      return isFirst;
    };
    return this.guarded(() => this.place(path, bytes, linkOnce));
  }

  override read(path: StoragePath): Promise<Buffer | null> {
    return this.guarded(async () => {
      try {
        return await readFile(this.resolve(path));
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        await this.requireFolderOf(path);
        return null;
      }
    });
  }

  override writtenAt(path: StoragePath): Promise<number | null> {
    return this.guarded(async () => {
      try {
        return (await stat(this.resolve(path))).mtimeMs;
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        await this.requireFolderOf(path);
        return null;
      }
    });
  }

  override async *list(root: StorageRoot): AsyncIterable<StoredFile> {
    try {
      await this.requireFolderOf(root);
      yield* this.filesBelow(root);
    } catch (error) {
      throw storageUnavailable(error);
    }
  }

  override remove(path: StoragePath): Promise<void> {
    return this.guarded(async () => {
      const target = this.resolve(path);
      await this.requireFolderOf(path);
      await rm(target, { force: true });
      await this.syncShared(dirname(target)).catch(ignoreMissing);
    });
  }

  override removeAll(folder: StorageFolder): Promise<void> {
    return this.guarded(async () => {
      const target = this.resolve(folder);
      await this.requireFolderOf(folder);
      // A variant that is being written in this moment makes the folder not empty again: rm then tries again.
      await rm(target, { recursive: true, force: true, maxRetries: 5, retryDelay: 10 });
      await this.syncShared(dirname(target)).catch(ignoreMissing);
    });
  }

  override removeLeftovers(beforeMs: number, dryRun: boolean): Promise<number> {
    return this.guarded(async () => {
      let count = 0;
      for await (const { path, writtenAtMs } of this.filesBelow('temporary/')) {
        if (writtenAtMs >= beforeMs) continue;
        if (!dryRun) await rm(join(this.root, path), { force: true });
        count += 1;
      }
      return count;
    });
  }

  override async probe(): Promise<void> {
    await this.guarded(async () => {
      // Whatever may be written to `temporary` must be allowed its place in the others.
      for (const folder of FOLDERS) await access(join(this.root, folder), constants.R_OK | constants.W_OK | constants.X_OK);
      const file = join(this.root, 'temporary', `probe-${randomUUID()}`);
      try {
        await writeSynced(file, Buffer.from('probe'));
        const back = await readFile(file, 'utf8');
        if (back !== 'probe') throw new Error('the picture store gave back other bytes than were written');
      } finally {
        await rm(file, { force: true });
      }
    });
  }

  /** Answers what `name` does. */
  private async place<T>(path: StoragePath, bytes: Buffer, name: (temporary: string, target: string) => Promise<T>): Promise<T> {
    const target = this.resolve(path);
    const temporary = join(this.root, 'temporary', randomUUID());
    const named = await writeSynced(temporary, bytes)
      .then(() => this.nameInFolder(temporary, target, name))
      .catch(async (error: unknown) => {
        await rm(temporary, { force: true }).catch(() => undefined); // the first failure is the one to tell
        throw error;
      });
    // Another writer may have made the name, or a folder below the first ones, and not have synced it yet.
    const folder = dirname(target);
    await Promise.all([
      this.syncShared(folder).catch(ignoreMissing), // gone again: an erasure came after us
      dirname(folder) !== this.root && this.syncShared(dirname(folder)), // the first ones were synced by `open`
    ]);
    return named;
  }

  /** One sync, begun after they asked, for all who wait for the same folder: an upload writes four variants into one. */
  private syncShared(folder: string): Promise<void> {
    return this.syncs.ask(folder, () => syncFolder(folder));
  }

  private async nameInFolder<T>(temporary: string, target: string, name: (from: string, to: string) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await name(temporary, target);
      } catch (error) {
        if (!hasCode(error, 'ENOENT') || attempt === NAMING_ATTEMPTS) throw error;
      }
      await mkdir(dirname(target), { mode: 0o700 }).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
      });
    }
  }

  /** A volume that is not mounted is a failure: nothing is absent from it, and nothing is removed from it. */
  private async requireFolderOf(path: string): Promise<void> {
    await stat(join(this.root, path.slice(0, path.indexOf('/'))));
  }

  private async *filesBelow(folder: string): AsyncIterable<StoredFile> {
    const entries = await opendir(join(this.root, folder)).catch(nullIfMissing);
    if (!entries) return; // removed since its parent was read
    for await (const entry of entries) {
      const path = folder + entry.name;
      if (entry.isDirectory()) {
        yield* this.filesBelow(`${path}/`);
        continue;
      }
      const found = await stat(join(this.root, path)).catch(nullIfMissing);
      if (found) yield { path, writtenAtMs: found.mtimeMs };
    }
  }

  private resolve(path: StoragePath | StorageFolder): string {
    if (!/^(?:sources|variants)(?:\/[a-z0-9.-]+)+\/?$/.test(path) || path.includes('..')) throw new TypeError('not a path that the server made');
    return join(this.root, path);
  }

  private async guarded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (error instanceof TypeError) throw error;
      throw storageUnavailable(error);
    }
  }
}

/** The folder itself, or the first above it that there is. */
async function nearestFolder(path: string): Promise<string> {
  const found = await stat(path).catch(nullIfMissing);
  return found || dirname(path) === path ? path : nearestFolder(dirname(path));
}

async function writeSynced(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'wx', 0o600);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function nullIfMissing(error: unknown): null {
  if (!hasCode(error, 'ENOENT')) throw error;
  return null;
}

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error;
}
