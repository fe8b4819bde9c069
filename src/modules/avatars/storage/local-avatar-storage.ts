import { randomUUID } from 'node:crypto';
import { constants, type Dirent } from 'node:fs';
import { link, mkdir, open, readdir, readFile, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { storageUnavailable } from '../avatars.errors.js';
import { AvatarStorage, type StorageFolder, type StoragePath } from './avatar-storage.js';

const FOLDERS = ['sources', 'variants', 'temporary'] as const;

/** A crashed writer's temporary file is nobody's after this long; instances may share the folder, so never sooner. */
const LEFTOVER_AGE_MS = 24 * 3600 * 1000;

const hasCode = (error: unknown, ...codes: string[]): boolean => codes.includes((error as NodeJS.ErrnoException | null)?.code ?? '');

/**
 * Pictures as files below one folder, which instances may share. A write goes to a temporary file of the same file system,
 * is synced, gets its name in one step, and then the folders are synced: a crash leaves the old bytes or the new, whole.
 */
export class LocalAvatarStorage extends AvatarStorage {
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
      await this.removeLeftovers(nowMs);
    });
  }

  override write(path: StoragePath, bytes: Buffer): Promise<void> {
    return this.guarded(() => this.place(path, bytes, rename));
  }

  override writeOnce(path: StoragePath, bytes: Buffer): Promise<void> {
    // link(2) refuses an existing name atomically, on every process and every instance that shares the folder.
    const linkOnce = async (temporary: string, target: string): Promise<void> => {
      await link(temporary, target).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
      });
      await unlink(temporary);
    };
    return this.guarded(() => this.place(path, bytes, linkOnce));
  }

  override read(path: StoragePath): Promise<Buffer | null> {
    return this.guarded(async () => {
      try {
        return await readFile(this.resolve(path));
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        await this.requireFolders();
        return null;
      }
    });
  }

  override has(path: StoragePath): Promise<boolean> {
    return this.guarded(async () => {
      try {
        return (await stat(this.resolve(path))).isFile();
      } catch (error) {
        if (!hasCode(error, 'ENOENT')) throw error;
        await this.requireFolders();
        return false;
      }
    });
  }

  override remove(path: StoragePath): Promise<void> {
    return this.guarded(async () => {
      const target = this.resolve(path);
      await this.requireFolders();
      await rm(target, { force: true });
      await syncFolder(dirname(target)).catch(ignoreMissing);
    });
  }

  override removeAll(folder: StorageFolder): Promise<void> {
    return this.guarded(async () => {
      const target = this.resolve(folder);
      await this.requireFolders();
      // A variant that is being written in this moment makes the folder not empty again: rm then tries again.
      await rm(target, { recursive: true, force: true, maxRetries: 5, retryDelay: 10 });
      await syncFolder(dirname(target)).catch(ignoreMissing);
    });
  }

  override async probe(): Promise<void> {
    await this.guarded(async () => {
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

  private async place(path: StoragePath, bytes: Buffer, name: (temporary: string, target: string) => Promise<void>): Promise<void> {
    const target = this.resolve(path);
    const temporary = join(this.root, 'temporary', randomUUID());
    try {
      await writeSynced(temporary, bytes);
      await this.nameInFolder(temporary, target, name);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined); // the first failure is the one to tell
      throw error;
    }
    // Always both: another writer may have made the folder, or the name, and not have synced it yet.
    await syncFolder(dirname(target)).catch(ignoreMissing); // gone again: an erasure came after us
    await syncFolder(dirname(dirname(target)));
  }

  private async nameInFolder(temporary: string, target: string, name: (from: string, to: string) => Promise<void>): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      await mkdir(dirname(target), { mode: 0o700 }).catch((error: unknown) => {
        if (!hasCode(error, 'EEXIST')) throw error;
      });
      try {
        return await name(temporary, target);
      } catch (error) {
        if (!hasCode(error, 'ENOENT') || attempt === 5) throw error; // a removal took the folder away in between
      }
    }
  }

  /** A volume that is not mounted is a failure: nothing is absent from it, and nothing is removed from it. */
  private async requireFolders(): Promise<void> {
    for (const folder of FOLDERS) await stat(join(this.root, folder));
  }

  private async removeLeftovers(nowMs: number): Promise<void> {
    const folder = join(this.root, 'temporary');
    const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
    for (const entry of entries.filter((each) => each.isFile())) {
      const file = join(folder, entry.name);
      const modifiedMs = await stat(file).then((found) => found.mtimeMs, () => nowMs);
      if (nowMs - modifiedMs > LEFTOVER_AGE_MS) await rm(file, { force: true });
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

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, 'ENOENT')) throw error;
}
