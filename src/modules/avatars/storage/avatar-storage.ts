/** `sources/<key>` (what was uploaded, normalised) or `variants/<digest>/<size>.<format>`; made by the server, never from user input. */
export type StoragePath = string & { readonly __brand: 'StoragePath' };

/** A path that ends in `/`: everything below it. */
export type StorageFolder = `${string}/` & { readonly __brand: 'StorageFolder' };

/** The two folders that everything lies below. */
export const STORAGE_ROOTS = ['sources/', 'variants/'] as const;
export type StorageRoot = (typeof STORAGE_ROOTS)[number];

/** Something that lies in the store, whoever put it there. */
export interface StoredFile {
  /** As `StoragePath`, though nothing says that the server made it. */
  readonly path: string;
  /** When it was last written, by the store's clock; Unix time in milliseconds. */
  readonly writtenAtMs: number;
}

/**
 * Where picture bytes live. What `write` acknowledged survives a crash of the process and of the machine, whole
 * (guarantees §5). Failures throw `avatar.storage_unavailable` (503): never another picture.
 */
export abstract class AvatarStorage {
  /** Durable and atomic; replaces what is there. */
  abstract write(path: StoragePath, bytes: Buffer): Promise<void>;

  /** Durable and atomic; first writer wins: keeps what is there. Whether these bytes were the first. */
  abstract writeOnce(path: StoragePath, bytes: Buffer): Promise<boolean>;

  /** Null when there is nothing. */
  abstract read(path: StoragePath): Promise<Buffer | null>;

  /** When it was last written, by the store's clock, as Unix time in milliseconds; null when there is nothing. */
  abstract writtenAt(path: StoragePath): Promise<number | null>;

  async has(path: StoragePath): Promise<boolean> {
    return (await this.writtenAt(path)) !== null;
  }

  /**
   * Everything below a root, the files of one folder one after the other. What is written or removed while this runs may be
   * among it or not.
   */
  abstract list(root: StorageRoot): AsyncIterable<StoredFile>;

  /** What is not there is no error. */
  abstract remove(path: StoragePath): Promise<void>;

  /** Removes everything below the folder; what is not there is no error. */
  abstract removeAll(folder: StorageFolder): Promise<void>;

  /** Removes what writers that crashed left unfinished before this moment (Unix time in milliseconds); how many. `dryRun`: only counts. */
  abstract removeLeftovers(beforeMs: number, dryRun: boolean): Promise<number>;

  /** A real write, read and removal, for readiness. */
  abstract probe(): Promise<void>;

  /** Lets connections go. */
  close(): void {
    // Most have none.
  }
}
