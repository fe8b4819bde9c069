import { createHash, randomBytes, timingSafeEqual, type Hash } from 'node:crypto';
import { deriveKey, mac, open, seal } from '../crypto/index.js';
import { ArchiveRefused } from './archive-refused.js';

/** Raise when an archive of before cannot be read any more. */
export const ARCHIVE_FORMAT_VERSION = 1;
export const HEAD_NAME = 'likeness.json';
export const MANIFEST_NAME = 'manifest.json';
/** Of one entry; no picture and no page of rows comes near it. */
export const MAX_ENTRY_BYTES = 256 * 1024 * 1024;

/** The first entry, in clear: what this is, and whether it can be read here. */
export interface ArchiveHead {
  readonly format: 'likeness-archive';
  readonly formatVersion: number;
  /** The latest migration of the database that it was made from. */
  readonly schema: string;
  readonly createdAt: string;
  /** Base64; makes the key of this archive from MASTER_KEY. */
  readonly salt: string;
  /** Hex; tells another MASTER_KEY from a damaged archive. */
  readonly keyCheck: string;
}

/** What all entries of a section hold together. The digest (SHA-256, hex) is of what they hold before it is compressed and sealed. */
export interface SectionSummary {
  readonly entries: number;
  readonly items: number;
  readonly bytes: number;
  readonly sha256: string;
}

/** The last entry: an archive without it is not whole. `mac` is over everything else in it. */
export interface ArchiveManifest {
  readonly head: ArchiveHead;
  readonly sections: Readonly<Record<string, SectionSummary>>;
  readonly mac: string;
}

/** Counts what goes by, entry by entry. */
export class SectionCounter {
  private readonly hash: Hash = createHash('sha256');
  private entries = 0;
  private items = 0;
  private bytes = 0;

  /** Answers the number of the entry, from 1. */
  add(plaintext: Buffer, items: number): number {
    this.hash.update(plaintext);
    this.bytes += plaintext.length;
    this.items += items;
    return (this.entries += 1);
  }

  summary(): SectionSummary {
    return { entries: this.entries, items: this.items, bytes: this.bytes, sha256: this.hash.copy().digest('hex') };
  }
}

export const entryName = (section: string, number: number): string => `${section}/${String(number).padStart(8, '0')}`;

/** A key of its own for each archive, so that nonces made at random never meet under one key. */
export class ArchiveSeal {
  private readonly key: Buffer;
  private readonly macKey: Buffer;

  private constructor(masterKey: Buffer, salt: string) {
    this.key = deriveKey(masterKey, `archive:${salt}`);
    this.macKey = deriveKey(masterKey, `archive-manifest:${salt}`);
  }

  static begin(masterKey: Buffer, facts: Pick<ArchiveHead, 'schema' | 'createdAt'>): { readonly seal: ArchiveSeal; readonly head: ArchiveHead } {
    const salt = randomBytes(16).toString('base64');
    const head: ArchiveHead = { format: 'likeness-archive', formatVersion: ARCHIVE_FORMAT_VERSION, ...facts, salt, keyCheck: keyCheckOf(masterKey, salt) };
    return { seal: new ArchiveSeal(masterKey, salt), head };
  }

  /** Throws `ArchiveRefused` under another MASTER_KEY. */
  static of(masterKey: Buffer, { salt, keyCheck }: ArchiveHead): ArchiveSeal {
    if (!isSameHex(keyCheck, keyCheckOf(masterKey, salt))) {
      throw new ArchiveRefused('MASTER_KEY is not that of the instance which was exported; without it nothing in the archive can be read. Set it, and try again.');
    }
    return new ArchiveSeal(masterKey, salt);
  }

  /** The name is sealed with it: entries cannot change places. */
  close(plaintext: Buffer, name: string): Buffer {
    return seal(this.key, plaintext, name);
  }

  open(sealed: Buffer, name: string): Buffer {
    try {
      return open(this.key, sealed, name);
    } catch {
      throw new ArchiveRefused(`The archive is damaged: ${name} is not what was written.`);
    }
  }

  manifest(head: ArchiveHead, sections: ArchiveManifest['sections']): ArchiveManifest {
    return { head, sections, mac: this.macOf({ head, sections }) };
  }

  vouchesFor({ head, sections, mac: given }: ArchiveManifest): boolean {
    return isSameHex(given, this.macOf({ head, sections }));
  }

  private macOf(what: Omit<ArchiveManifest, 'mac'>): string {
    return mac(this.macKey, JSON.stringify([what.head, what.sections])).toString('hex');
  }
}

const keyCheckOf = (masterKey: Buffer, salt: string): string => mac(deriveKey(masterKey, 'archive-key-check'), salt).toString('hex');

const isSameHex = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(String(one), 'hex'), Buffer.from(other, 'hex')];
  return a.length === b.length && timingSafeEqual(a, b);
};
