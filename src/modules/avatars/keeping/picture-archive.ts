import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ArchivedTable } from '../../../kernel/archive/index.js';
import { UsersService, parseDigest } from '../../users/index.js';
import { AvatarStorage, type StoragePath } from '../storage/avatar-storage.js';
import { nameAt, sourcePath } from '../storage/storage-paths.js';
import { AvatarUsesRepository } from './avatar-uses.repository.js';

/** Rows of erased users are the list of what is still to be erased: none of that goes anywhere. */
export const AVATAR_USES_TABLE: ArchivedTable = {
  name: 'avatar_uses',
  columns: ['user_id', 'picture_key', 'created_at', 'superseded_at', 'erase_requested_at'],
  order: 'user_id, picture_key COLLATE "C"',
  where: 'erase_requested_at IS NULL',
  beforeImport: 'empty',
};

export interface ArchivedSource {
  readonly key: string;
  readonly path: string;
  /** Null: the store has none. */
  readonly bytes: Buffer | null;
}

const KEYS_AT_ONCE = 500;
/** Large ones have some megabytes. */
const READS_AT_ONCE = 8;
const SOURCE = /^sources\/[0-9a-f]{64}$/;
const VARIANT = /^variants\/(?:u[1-9][0-9]*-[0-9a-f]{64}|g[1-9][0-9]*-[0-9a-f]{32})\/[0-9]{1,4}\.(?:webp|avif|png|jpeg)$/;

/** The bytes of pictures, in and out of whatever store there is. */
@Injectable()
export class PictureArchive {
  constructor(
    private readonly storage: AvatarStorage,
    private readonly uses: AvatarUsesRepository,
    private readonly users: UsersService,
  ) {}

  /** Every uploaded picture that a row names, as the transaction sees the rows, in the order of their keys. */
  async *sources(manager: EntityManager): AsyncGenerator<ArchivedSource> {
    for (let after = '', isMore = true; isMore; ) {
      const keys = await this.uses.keptKeysWithin(manager, after, KEYS_AT_ONCE);
      for (let at = 0; at < keys.length; at += READS_AT_ONCE) {
        yield* await Promise.all(keys.slice(at, at + READS_AT_ONCE).map((key) => this.source(key)));
      }
      after = keys.at(-1) ?? '';
      isMore = keys.length === KEYS_AT_ONCE;
    }
  }

  /** What was rendered of those that somebody is, or was, shown with: an address with a digest answers with the same bytes for ever, whatever renders there. */
  async *variants(missing: ReadonlySet<string>): AsyncGenerator<{ readonly path: string; readonly bytes: Buffer }> {
    let last = { digest: '', isWanted: false };
    for await (const { path } of this.storage.list('variants/')) {
      const digest = nameAt(path);
      if (digest === null || !VARIANT.test(path)) continue;
      if (digest !== last.digest) last = { digest, isWanted: await this.isWanted(digest, missing) };
      const bytes = last.isWanted ? await this.storage.read(path as StoragePath) : null;
      if (bytes) yield { path, bytes };
    }
  }

  /** Durable when it resolves. Throws `TypeError` for a name that no picture has. */
  async restore(path: string, bytes: Buffer): Promise<void> {
    if (SOURCE.test(path)) await this.storage.write(path as StoragePath, bytes);
    else if (VARIANT.test(path)) await this.storage.writeOnce(path as StoragePath, bytes);
    else throw new TypeError('not the name of a picture');
  }

  private async source(key: string): Promise<ArchivedSource> {
    const path = sourcePath(key);
    return { key, path, bytes: await this.storage.read(path) };
  }

  private async isWanted(digest: string, missing: ReadonlySet<string>): Promise<boolean> {
    const parsed = parseDigest(digest);
    if (!parsed || missing.has(parsed.key)) return false;
    return (parsed.kind === 'uploaded' ? await this.uses.keptAmong([parsed.key]) : await this.users.generatedKeysInUse([parsed.key])).length > 0;
  }
}
