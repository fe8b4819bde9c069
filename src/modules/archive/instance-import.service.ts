import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { ArchiveReader, ArchiveRefused, insertRows, type ArchiveManifest, type ArchivedTable } from '../../kernel/archive/index.js';
import { APP_CONFIG, type AppConfig } from '../../kernel/config/index.js';
import { Migrator, Transactions } from '../../kernel/database/index.js';
import { EventFollowers } from '../../kernel/events/index.js';
import { PictureArchive } from '../avatars/index.js';
import { USERS_TABLE, UserArchive } from '../users/index.js';
import { ARCHIVED_TABLES, SOURCES, VARIANTS, sectionOf } from './archive-contents.js';

export interface ImportRun {
  readonly path: string;
  /** Only verifies the archive, and that it could be imported here. */
  readonly isDryRun: boolean;
  readonly onProgress: (text: string) => void;
}

const WRITES_AT_ONCE = 8;
/** An instance that serves has said so within this time. */
const SEEN_SECONDS = 60;

/**
 * Puts an archive into an instance that nobody has used yet. All of it is verified before anything is written. Pictures come first, each under its own
 * name, then all rows in one transaction: an import that ends early leaves no row, and pictures that the next one finds, or the sweep takes.
 */
@Injectable()
export class InstanceImport {
  constructor(
    private readonly transactions: Transactions,
    private readonly migrator: Migrator,
    private readonly followers: EventFollowers,
    private readonly users: UserArchive,
    private readonly pictures: PictureArchive,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Throws `ArchiveRefused`, and what the stores throw. */
  async run({ path, isDryRun, onProgress }: ImportRun): Promise<ArchiveManifest> {
    const archive = await ArchiveReader.open(path, this.config.masterKey);
    const schema = this.migrator.latest();
    if (archive.head.schema !== schema) {
      throw new ArchiveRefused(`The archive has the schema ${archive.head.schema}, and this release has ${schema}. Import it with a release of that schema, then upgrade.`);
    }
    await this.transactions.run((manager) => this.requireUnused(manager));
    const manifest = await archive.verified((count) => onProgress(`${count} entries verified`));
    if (isDryRun) return manifest;
    await this.restorePictures(archive, onProgress);
    await this.transactions.run((manager) => this.restoreRows(manager, archive, onProgress));
    return manifest;
  }

  private async restorePictures(archive: ArchiveReader, onProgress: ImportRun['onProgress']): Promise<void> {
    let count = 0;
    let batch: Promise<void>[] = [];
    const settle = async (): Promise<void> => {
      await Promise.all(batch);
      batch = [];
    };
    for await (const item of archive.items(new Set([SOURCES, VARIANTS]))) {
      if (!('name' in item)) throw new ArchiveRefused('The archive is damaged: rows where pictures should be.');
      batch.push(this.pictures.restore(item.name, item.bytes));
      onProgress(`${(count += 1)} pictures`);
      if (batch.length === WRITES_AT_ONCE) await settle();
    }
    await settle();
  }

  private async restoreRows(manager: EntityManager, archive: ArchiveReader, onProgress: ImportRun['onProgress']): Promise<void> {
    await manager.query('SET LOCAL idle_in_transaction_session_timeout = 0');
    // Whoever registers meanwhile waits, and then finds the instance in use.
    await manager.query(`LOCK TABLE ${ARCHIVED_TABLES.map(({ name }) => `"${name}"`).join(', ')} IN SHARE ROW EXCLUSIVE MODE`);
    await this.requireUnused(manager);
    for (const { name } of ARCHIVED_TABLES.filter(({ beforeImport }) => beforeImport === 'replaced')) await manager.query(`DELETE FROM "${name}"`);
    await this.users.begin(manager);
    const tables = new Map(ARCHIVED_TABLES.map((table) => [sectionOf(table), table]));
    let count = 0;
    for await (const item of archive.items(new Set(tables.keys()))) {
      if (!('rows' in item)) throw new ArchiveRefused('The archive is damaged: a picture where rows should be.');
      await this.restoreTable(manager, tables.get(item.section)!, item.rows);
      onProgress(`${(count += item.rows.length)} rows`);
    }
  }

  private restoreTable(manager: EntityManager, table: ArchivedTable, rows: readonly string[]): Promise<void> {
    return table.name === USERS_TABLE.name ? this.users.restore(manager, rows) : insertRows(manager, table, rows);
  }

  private async requireUnused(manager: EntityManager): Promise<void> {
    for (const { name } of ARCHIVED_TABLES.filter(({ beforeImport }) => beforeImport === 'empty')) {
      const rows = await manager.query<unknown[]>(`SELECT 1 FROM "${name}" LIMIT 1`);
      if (rows.length > 0) throw new ArchiveRefused(`This instance is in use (there are rows in ${name}): an archive is imported into an empty one only.`);
    }
    if (await this.followers.areSeen(manager, SEEN_SECONDS)) {
      throw new ArchiveRefused(`An instance serves from this database: stop it first. After a crash it counts as stopped when ${SEEN_SECONDS} seconds have passed.`);
    }
  }
}
