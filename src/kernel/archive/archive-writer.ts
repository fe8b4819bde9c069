import { createWriteStream, type WriteStream } from 'node:fs';
import { link, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import { ArchiveSeal, HEAD_NAME, MANIFEST_NAME, MAX_ENTRY_BYTES, SectionCounter, entryName, type ArchiveHead, type ArchiveManifest } from './archive-format.js';
import { ArchiveFileFault, ArchiveRefused } from './archive-refused.js';

const compress = promisify(gzip);

export interface ArchiveFacts {
  readonly schema: string;
  readonly createdAt: Date;
  /** Whether a file of this name may be replaced. */
  readonly replaces: boolean;
}

/**
 * An archive that is being written: a tar of sealed entries, one in memory at a time. The file (mode 0600) has another name until it is whole and on
 * the disk. Whoever does not come to `finish` calls `discard`.
 */
export class ArchiveWriter {
  private readonly counters = new Map<string, SectionCounter>();
  private readonly written: Promise<void>;

  private constructor(
    private readonly path: string,
    private readonly draft: string,
    private readonly tar: Pack,
    file: WriteStream,
    private readonly keys: { readonly seal: ArchiveSeal; readonly head: ArchiveHead },
  ) {
    // Not `tar.pipe(file)`: a file that fails would then end the process, by an `error` of the tar that nobody hears.
    this.written = pipeline(tar, file).catch((error: NodeJS.ErrnoException) => {
      throw new ArchiveFileFault('written', error);
    });
    this.written.catch(() => undefined); // told by the entry that waits for it, or by `finish`
  }

  static async create(path: string, masterKey: Buffer, { schema, createdAt, replaces }: ArchiveFacts): Promise<ArchiveWriter> {
    const draft = `${path}.unfinished`;
    await rm(draft, { force: true }).catch(unwritable);
    const file = createWriteStream(draft, { mode: 0o600, flags: 'wx' });
    const keys = ArchiveSeal.begin(masterKey, { schema, createdAt: createdAt.toISOString() });
    const writer = new ArchiveWriter(path, draft, pack(), file, keys);
    try {
      await writer.entry(HEAD_NAME, json(keys.head));
    } catch (error) {
      await writer.discard();
      throw error;
    }
    return replaces ? Object.assign(writer, { place: rename }) : writer;
  }

  /** One page of rows, as JSON texts. */
  async rows(section: string, rows: readonly string[]): Promise<void> {
    const plaintext = Buffer.from(rows.map((row) => `${row}\n`).join(''), 'utf8');
    await this.sealed(section, rows.length, plaintext, await compress(plaintext));
  }

  /** One file, with the name that it has in its store. */
  async file(section: string, name: string, bytes: Buffer): Promise<void> {
    const plaintext = Buffer.concat([Buffer.from(`${name}\n`), bytes]);
    await this.sealed(section, 1, plaintext, plaintext);
  }

  /** Writes what vouches for everything before it, and gives the file its name. */
  async finish(sections: readonly string[]): Promise<ArchiveManifest> {
    const summaries = sections.map((name) => [name, this.counter(name).summary()] as const);
    const manifest = this.keys.seal.manifest(this.keys.head, Object.fromEntries(summaries));
    await this.entry(MANIFEST_NAME, json(manifest));
    this.tar.finalize();
    await this.written;
    try {
      await synced(this.draft);
      await this.place(this.draft, this.path);
      await synced(dirname(this.path));
    } catch (error) {
      unwritable(error);
    }
    return manifest;
  }

  async discard(): Promise<void> {
    this.tar.destroy();
    await this.written.catch(() => undefined);
    await rm(this.draft, { force: true }).catch(() => undefined); // what went wrong before is what there is to tell
  }

  /** Refuses a name that is taken. */
  private place = async (draft: string, path: string): Promise<void> => {
    await link(draft, path);
    await rm(draft);
  };

  private async sealed(section: string, items: number, plaintext: Buffer, payload: Buffer): Promise<void> {
    if (plaintext.length > MAX_ENTRY_BYTES) throw new ArchiveRefused(`An entry of ${section} is too large for an archive.`);
    const name = entryName(section, this.counter(section).add(plaintext, items));
    await this.entry(name, this.keys.seal.close(payload, name));
  }

  private counter(section: string): SectionCounter {
    const counter = this.counters.get(section) ?? new SectionCounter();
    this.counters.set(section, counter);
    return counter;
  }

  /** Resolves when the file has taken it. */
  private async entry(name: string, bytes: Buffer): Promise<void> {
    const taken = new Promise<void>((resolve, reject) => {
      this.tar.entry({ name, size: bytes.length, mode: 0o600, mtime: new Date(0) }, bytes, (error) => (error ? reject(error) : resolve()));
    });
    // A file that fails (a full disk) destroys the stream; entries are told late, or that the stream is over, or never.
    await Promise.race([taken.catch(() => this.written), this.written.then(() => taken)]);
  }
}

function unwritable(error: unknown): never {
  throw new ArchiveFileFault('written', error as NodeJS.ErrnoException);
}

const json = (value: object): Buffer => Buffer.from(`${JSON.stringify(value, null, 2)}\n`);

async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
