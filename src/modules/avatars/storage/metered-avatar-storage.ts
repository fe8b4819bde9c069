import type { AvatarMetrics } from '../avatar-metrics.js';
import { AvatarStorage, type StorageFolder, type StoragePath, type StorageRoot, type StoredFile } from './avatar-storage.js';

/** Anybody may ask for readiness, as often as they like; each probe writes. */
const PROBE_KEPT_MS = 1_000;

/** A picture store that counts what fails, and is probed once a second at most; the one inside knows nothing of it. */
export class MeteredAvatarStorage extends AvatarStorage {
  /** When it last was probed and well; forgotten when anything fails. */
  private wellAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly inner: AvatarStorage,
    private readonly metrics: Pick<AvatarMetrics, 'storageFailed'>,
  ) {
    super();
  }

  override write(path: StoragePath, bytes: Buffer): Promise<void> {
    return this.counted('write', this.inner.write(path, bytes));
  }

  override writeOnce(path: StoragePath, bytes: Buffer): Promise<boolean> {
    return this.counted('write', this.inner.writeOnce(path, bytes));
  }

  override read(path: StoragePath): Promise<Buffer | null> {
    return this.counted('read', this.inner.read(path));
  }

  override writtenAt(path: StoragePath): Promise<number | null> {
    return this.counted('look', this.inner.writtenAt(path));
  }

  override has(path: StoragePath): Promise<boolean> {
    return this.counted('look', this.inner.has(path));
  }

  override async *list(root: StorageRoot): AsyncIterable<StoredFile> {
    try {
      yield* this.inner.list(root);
    } catch (error) {
      this.failed('list');
      throw error;
    }
  }

  override remove(path: StoragePath): Promise<void> {
    return this.counted('remove', this.inner.remove(path));
  }

  override removeAll(folder: StorageFolder): Promise<void> {
    return this.counted('remove', this.inner.removeAll(folder));
  }

  override removeLeftovers(beforeMs: number, dryRun: boolean): Promise<number> {
    return this.counted('remove', this.inner.removeLeftovers(beforeMs, dryRun));
  }

  override async probe(): Promise<void> {
    if (performance.now() - this.wellAt < PROBE_KEPT_MS) return;
    const begun = performance.now();
    await this.counted('probe', this.inner.probe());
    this.wellAt = begun;
  }

  override close(): void {
    this.inner.close();
  }

  private async counted<T>(operation: string, asked: Promise<T>): Promise<T> {
    try {
      return await asked;
    } catch (error) {
      this.failed(operation);
      throw error;
    }
  }

  private failed(operation: string): void {
    this.wellAt = Number.NEGATIVE_INFINITY;
    this.metrics.storageFailed(operation);
  }
}
