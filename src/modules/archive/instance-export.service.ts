import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ArchiveRefused, ArchiveWriter, rowPages, type ArchiveManifest } from '../../kernel/archive/index.js';
import { Clock } from '../../kernel/clock/index.js';
import { APP_CONFIG, type AppConfig } from '../../kernel/config/index.js';
import { Migrator } from '../../kernel/database/index.js';
import { PictureArchive } from '../avatars/index.js';
import { ARCHIVED_TABLES, SECTIONS, SOURCES, VARIANTS, sectionOf, withoutPictures } from './archive-contents.js';

export interface ExportOptions {
  readonly path: string;
  readonly replaces: boolean;
  readonly onProgress: (text: string) => void;
}

export interface ExportReport {
  readonly manifest: ArchiveManifest;
  /** Keys of pictures that rows name and the store does not have. */
  readonly missingPictures: readonly string[];
}

/** So many may have been removed while the export ran; more means that this is not the store of these rows. */
const MAX_MISSING = 10_000;

/** Writes a whole instance into one file, beside the instances that serve. */
@Injectable()
export class InstanceExport {
  constructor(
    private readonly dataSource: DataSource,
    private readonly migrator: Migrator,
    private readonly pictures: PictureArchive,
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Throws `ArchiveRefused`, and what the stores throw; there is no file then. */
  async run(options: ExportOptions): Promise<ExportReport> {
    const schema = this.migrator.latest();
    const writer = await ArchiveWriter.create(options.path, this.config.masterKey, { schema, createdAt: this.clock.now(), replaces: options.replaces });
    try {
      return await this.inSnapshot((manager) => this.write(writer, manager, options));
    } catch (error) {
      await writer.discard();
      throw error;
    }
  }

  /** The snapshot comes first: of the pictures that it names, those that are gone when they are read are named by no row of the archive. */
  private async write(writer: ArchiveWriter, manager: EntityManager, { onProgress }: ExportOptions): Promise<ExportReport> {
    const missing = new Set<string>();
    let count = 0;
    for await (const { key, path, bytes } of this.pictures.sources(manager)) {
      if (bytes) await writer.file(SOURCES, path, bytes);
      else missing.add(key);
      if (missing.size > MAX_MISSING) throw new ArchiveRefused(`More than ${MAX_MISSING} pictures are not in the store: is it that of this database?`);
      onProgress(`${(count += 1)} pictures`);
    }
    for await (const { path, bytes } of this.pictures.variants(missing)) {
      await writer.file(VARIANTS, path, bytes);
      onProgress(`${(count += 1)} pictures`);
    }
    for (const table of ARCHIVED_TABLES) {
      let rows = 0;
      for await (const page of rowPages(manager, table)) {
        const kept = withoutPictures(table, page, missing);
        if (kept.length > 0) await writer.rows(sectionOf(table), kept);
        onProgress(`${table.name}: ${(rows += page.length)} rows`);
      }
    }
    return { manifest: await writer.finish(SECTIONS), missingPictures: [...missing] };
  }

  /** One moment of the whole database, for as long as it takes. */
  private async inSnapshot<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const runner = this.dataSource.createQueryRunner('master');
    try {
      await runner.startTransaction('REPEATABLE READ');
      await runner.query('SET LOCAL idle_in_transaction_session_timeout = 0');
      return await work(runner.manager);
    } finally {
      if (runner.isTransactionActive) await runner.rollbackTransaction().catch(() => undefined);
      await runner.release();
    }
  }
}
