import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import {
  ARCHIVE_FORMAT_VERSION, ArchiveSeal, HEAD_NAME, MANIFEST_NAME, MAX_ENTRY_BYTES, SectionCounter, entryName, type ArchiveHead, type ArchiveManifest,
} from './archive-format.js'; // prettier-ignore
import { ArchiveFileFault, ArchiveRefused } from './archive-refused.js';

const decompress = promisify(gunzip);
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const OVERHEAD_BYTES = 1024;

/** What one entry holds: a page of rows as JSON texts, or a file. */
export type ArchiveItem =
  | { readonly section: string; readonly rows: readonly string[] }
  | { readonly section: string; readonly name: string; readonly bytes: Buffer };

interface RawEntry {
  readonly name: string;
  readonly bytes: Buffer;
}

/** An archive on the disk, of which one entry at a time is in memory. What is not as it was written throws `ArchiveRefused`. */
export class ArchiveReader {
  private constructor(
    private readonly path: string,
    private readonly seal: ArchiveSeal,
    readonly head: ArchiveHead,
  ) {}

  static async open(path: string, masterKey: Buffer): Promise<ArchiveReader> {
    for await (const { name, bytes } of rawEntries(path, () => true)) {
      const head = name === HEAD_NAME ? parsed<ArchiveHead>(bytes) : null;
      if (head?.format !== 'likeness-archive') break;
      if (head.formatVersion !== ARCHIVE_FORMAT_VERSION) throw new ArchiveRefused(`The archive has format ${String(head.formatVersion)}; this release reads ${ARCHIVE_FORMAT_VERSION}.`);
      return new ArchiveReader(path, ArchiveSeal.of(masterKey, head), head);
    }
    throw new ArchiveRefused('This is not an archive of likeness.');
  }

  /** Reads all of it: every entry opens, none is missing or strange, and all together are what the manifest says. */
  async verified(onEntry: (count: number) => void = () => undefined): Promise<ArchiveManifest> {
    const counters = new Map<string, SectionCounter>();
    let manifest: ArchiveManifest | null = null;
    let count = 0;
    for await (const { name, bytes } of rawEntries(this.path, () => true)) {
      if (manifest) throw new ArchiveRefused('The archive is damaged: something follows its end.');
      onEntry((count += 1));
      if (name === MANIFEST_NAME) manifest = parsed<ArchiveManifest>(bytes);
      else if (name !== HEAD_NAME || count > 1) await this.count(counters, name, bytes);
    }
    this.requireWhole(manifest, counters);
    return manifest;
  }

  /** In the order in which they were written; of these sections only. */
  async *items(sections: ReadonlySet<string>): AsyncGenerator<ArchiveItem> {
    for await (const { name, bytes } of rawEntries(this.path, (entry) => sections.has(sectionOf(entry)))) {
      const payload = this.seal.open(bytes, name);
      yield isRows(payload) ? { section: sectionOf(name), rows: linesOf(await decompressed(payload)) } : fileOf(sectionOf(name), payload);
    }
  }

  private async count(counters: Map<string, SectionCounter>, name: string, bytes: Buffer): Promise<void> {
    const section = sectionOf(name);
    const counter = counters.get(section) ?? new SectionCounter();
    counters.set(section, counter);
    const payload = this.seal.open(bytes, name);
    const plaintext = isRows(payload) ? await decompressed(payload) : payload;
    const number = counter.add(plaintext, isRows(payload) ? linesOf(plaintext).length : 1);
    if (name !== entryName(section, number)) throw new ArchiveRefused(`The archive is damaged: ${entryName(section, number)} is missing.`);
  }

  private requireWhole(manifest: ArchiveManifest | null, counters: ReadonlyMap<string, SectionCounter>): asserts manifest is ArchiveManifest {
    if (!manifest) throw new ArchiveRefused('The archive is not whole: its end is missing.');
    if (!this.seal.vouchesFor(manifest)) throw new ArchiveRefused('The archive is damaged: its manifest is not the one that was written.');
    for (const section of new Set([...counters.keys(), ...Object.keys(manifest.sections)])) {
      const found = (counters.get(section) ?? new SectionCounter()).summary();
      if (JSON.stringify(found) !== JSON.stringify(manifest.sections[section])) throw new ArchiveRefused(`The archive is damaged: ${section} is not what its manifest says.`);
    }
    if (JSON.stringify(manifest.head) !== JSON.stringify(this.head)) throw new ArchiveRefused('The archive is damaged: its head and its end are of two archives.');
  }
}

const sectionOf = (name: string): string => name.slice(0, name.lastIndexOf('/'));

/** A file begins with its name. */
const isRows = (payload: Buffer): boolean => payload.subarray(0, 2).equals(GZIP_MAGIC);

async function decompressed(payload: Buffer): Promise<Buffer> {
  return decompress(payload, { maxOutputLength: MAX_ENTRY_BYTES });
}

const linesOf = (plaintext: Buffer): string[] => plaintext.toString('utf8').split('\n').slice(0, -1);

function fileOf(section: string, plaintext: Buffer): ArchiveItem {
  const end = plaintext.indexOf(0x0a);
  return { section, name: plaintext.subarray(0, end).toString('utf8'), bytes: plaintext.subarray(end + 1) };
}

function parsed<T>(bytes: Buffer): T {
  try {
    return JSON.parse(bytes.toString('utf8')) as T;
  } catch {
    throw new ArchiveRefused('The archive is damaged: what should be JSON is not.');
  }
}

/** The entries of a tar; what is not wanted is read past. */
async function* rawEntries(path: string, isWanted: (name: string) => boolean): AsyncGenerator<RawEntry> {
  const tar = extract();
  const reading = pipeline(createReadStream(path), tar);
  reading.catch(() => undefined); // told below, by the loop or at its end
  try {
    for await (const entry of tar) {
      const { name, size } = entry.header;
      if ((size ?? 0) > MAX_ENTRY_BYTES + OVERHEAD_BYTES) throw new ArchiveRefused('The archive is damaged: an entry is larger than any can be.');
      if (isWanted(name)) yield { name, bytes: await bytesOf(entry) };
      else entry.resume();
    }
    await reading;
  } catch (error) {
    throw translated(error);
  } finally {
    tar.destroy();
  }
}

async function bytesOf(entry: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of entry) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function translated(error: unknown): Error {
  if (error instanceof ArchiveRefused) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code?.startsWith('E') && 'syscall' in (error as object)) return new ArchiveFileFault('read', error as NodeJS.ErrnoException);
  return new ArchiveRefused(/tar|header|end of data/i.test(message) ? 'The archive is not whole, or not an archive.' : `The archive cannot be read: ${message}`);
}
