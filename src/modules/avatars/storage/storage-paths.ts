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

/** The key of a source, or the digest of a variant, that lies at a path; null for what the server never put there. */
export function nameAt(path: string): string | null {
  const [root, name, file] = path.split('/');
  if (!name || !SAFE_NAME.test(name)) return null;
  return (root === 'sources' && file === undefined) || (root === 'variants' && file !== undefined) ? name : null;
}
