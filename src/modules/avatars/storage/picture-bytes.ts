import { Injectable } from '@nestjs/common';
import { PIPELINE_VERSION, RENDERER_VERSION } from '../../users/index.js';
import type { NormalisedPicture } from '../pipeline/picture-pipeline.js';
import type { PictureVariant } from '../pipeline/picture-variant.js';
import { AvatarStorage } from './avatar-storage.js';
import { sourcePath, variantPath, variantsFolder } from './storage-paths.js';

/** Stored pictures by key and digest. Everything throws `avatar.storage_unavailable` when the store fails. */
@Injectable()
export class PictureBytes {
  constructor(private readonly storage: AvatarStorage) {}

  keep(picture: NormalisedPicture): Promise<void> {
    return this.storage.write(sourcePath(picture.key), picture.bytes);
  }

  source(key: string): Promise<Buffer | null> {
    return this.storage.read(sourcePath(key));
  }

  /** When the source was last written, by the store's clock, as Unix time in milliseconds; null when there is none. */
  sourceWrittenAt(key: string): Promise<number | null> {
    return this.storage.writtenAt(sourcePath(key));
  }

  hasSource(key: string): Promise<boolean> {
    return this.storage.has(sourcePath(key));
  }

  variant(digest: string, { size, format }: PictureVariant): Promise<Buffer | null> {
    return this.storage.read(variantPath(digest, size, format));
  }

  /** When the variant was written, by the store's clock, as Unix time in milliseconds; null when there is none. */
  variantWrittenAt(digest: string, { size, format }: PictureVariant): Promise<number | null> {
    return this.storage.writtenAt(variantPath(digest, size, format));
  }

  /** The first writer's bytes, whoever that was: a digest never answers with two. Null when another's were erased meanwhile. */
  async settleVariant(digest: string, { size, format }: PictureVariant, bytes: Buffer): Promise<Buffer | null> {
    const path = variantPath(digest, size, format);
    return (await this.storage.writeOnce(path, bytes)) ? bytes : this.storage.read(path);
  }

  removeVariant(digest: string, { size, format }: PictureVariant): Promise<void> {
    return this.storage.remove(variantPath(digest, size, format));
  }

  removeVariants(digest: string): Promise<void> {
    return this.storage.removeAll(variantsFolder(digest));
  }

  /** The source first: whoever is making a variant looks for it afterwards, and takes the variant back. */
  async erase(key: string): Promise<void> {
    await this.storage.remove(sourcePath(key));
    for (let version = 1; version <= PIPELINE_VERSION; version += 1) await this.removeVariants(`u${version}-${key}`);
  }

  /** All that was ever drawn for this generated key. */
  async eraseGenerated(generatedKey: string): Promise<void> {
    for (let version = 1; version <= RENDERER_VERSION; version += 1) await this.removeVariants(`g${version}-${generatedKey}`);
  }
}
