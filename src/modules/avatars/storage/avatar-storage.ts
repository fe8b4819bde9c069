/** `sources/<key>` (what was uploaded, normalised) or `variants/<digest>/<size>.<format>`; made by the server, never from user input. */
export type StoragePath = string & { readonly __brand: 'StoragePath' };

/** A path that ends in `/`: everything below it. */
export type StorageFolder = `${string}/` & { readonly __brand: 'StorageFolder' };

/**
 * Where picture bytes live. What `write` acknowledged survives a crash of the process and of the machine, whole
 * (guarantees §5). Failures throw `avatar.storage_unavailable` (503): never another picture.
 */
export abstract class AvatarStorage {
  /** Durable and atomic; replaces what is there. */
  abstract write(path: StoragePath, bytes: Buffer): Promise<void>;

  /** Durable and atomic; first writer wins: keeps what is there. */
  abstract writeOnce(path: StoragePath, bytes: Buffer): Promise<void>;

  /** Null when there is nothing. */
  abstract read(path: StoragePath): Promise<Buffer | null>;

  abstract has(path: StoragePath): Promise<boolean>;

  /** What is not there is no error. */
  abstract remove(path: StoragePath): Promise<void>;

  /** Removes everything below the folder; what is not there is no error. */
  abstract removeAll(folder: StorageFolder): Promise<void>;

  /** A real write, read and removal, for readiness. */
  abstract probe(): Promise<void>;
}
