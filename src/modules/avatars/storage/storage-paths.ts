import type { PictureFormat, PictureSize } from '../pipeline/picture-variant.js';
import type { StorageFolder, StoragePath } from './avatar-storage.js';

const SAFE_NAME = /^[a-z0-9]+(?:-[a-z0-9]+)?$/;

function safe(name: string): string {
  if (!SAFE_NAME.test(name)) throw new TypeError('not a name that the server made');
  return name;
}

/** Where the normalised upload of a picture key lies. */
export const sourcePath = (key: string): StoragePath => `sources/${safe(key)}` as StoragePath;

/** Where one rendered variant lies. */
export const variantPath = (digest: string, size: PictureSize, format: PictureFormat): StoragePath =>
  `variants/${safe(digest)}/${size}.${format}` as StoragePath;

/** All variants of one digest. */
export const variantsFolder = (digest: string): StorageFolder => `variants/${safe(digest)}/` as StorageFolder;
