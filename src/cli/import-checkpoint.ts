import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { noCounts, type ImportCounts } from '../modules/auth/index.js';

export interface ImportState {
  readonly cursor: string;
  readonly counts: ImportCounts;
}

/** How far an import has come: a small file in the data folder, written after each page. It names the source by a digest, without its password. */
export class ImportCheckpoint {
  private readonly source: string;

  constructor(
    private readonly path: string,
    redisUrl: string,
  ) {
    const { host, pathname } = new URL(redisUrl);
    this.source = createHash('sha256').update(`${host}${pathname}`).digest('hex');
  }

  /** Null when there is none of this source. */
  read(): ImportState | null {
    if (!existsSync(this.path)) return null;
    try {
      const { source, cursor, counts } = JSON.parse(readFileSync(this.path, 'utf8')) as ImportState & { source?: unknown };
      return source === this.source && /^\d+$/.test(cursor) ? { cursor, counts: { ...noCounts(), ...counts } } : null;
    } catch {
      return null;
    }
  }

  write(state: ImportState): void {
    mkdirSync(dirname(this.path), { recursive: true });
    writeFileSync(`${this.path}.new`, JSON.stringify({ source: this.source, ...state }), { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }

  clear(): void {
    rmSync(this.path, { force: true });
  }
}
