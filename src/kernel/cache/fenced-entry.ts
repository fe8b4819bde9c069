import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { FencedRead } from './fenced-read.js';
import { PreparedScript } from './prepared-script.js';
import type { RedisConnection } from './redis-connection.js';
import { StoreScript } from './store-script.js';
import { userTag } from './user-tag.js';

const READ = StoreScript.load(new URL('./scripts/fenced-entry-read.lua', import.meta.url));
const FILL = StoreScript.load(new URL('./scripts/fenced-entry-fill.lua', import.meta.url));
const FENCE = StoreScript.load(new URL('./scripts/fenced-entry-fence.lua', import.meta.url));

/** What makes two cached values the same kind of thing: another number or another generation is a miss. */
export interface EntryShape {
  /** Raised whenever the code that writes the value changes its form. */
  readonly schema: number;
  /** Raised in PostgreSQL when it was restored, or lost something in a failover. No `|` in it. */
  readonly generation: string;
}

/** Milliseconds. A lease outlives any read, a tombstone any commit (the protocol holds when they do not; it only misses more). */
const LEASE_MS = 10_000;
const TOMBSTONE_MS = 60_000;
const VALUE_MS = 600_000;

/** How many users' reads are kept written out; each is some 300 bytes. */
const PREPARED_READS = 10_000;

/** 22 characters, never the same twice, and no secret: 84 random bits of this process, and a count. */
const PROCESS = randomBytes(11).toString('base64url').slice(0, 14);
let nonces = 0;
const newNonce = (): string => PROCESS + (nonces += 1).toString(36).padStart(8, '0');

/**
 * The cached entry of each user, kept so that nobody reads what was superseded before they asked (guarantees §4; the steps are those of the
 * protocol's model: read with lease, fill by marker, fence with version). Only `fence` may decide over a write; all throw `service.unavailable`.
 */
export class FencedEntry {
  private shape: string | null = null;
  private readonly reads = new LRUCache<string, PreparedScript>({ max: PREPARED_READS });

  constructor(private readonly redis: RedisConnection) {}

  /** Must be called at start by whoever writes the values; before it, every read is a miss that cannot be filled. */
  bind(shape: EntryShape): void {
    if (shape.generation.includes('|')) throw new RangeError('a cache generation has no |');
    this.shape = `|${shape.schema}|${shape.generation}|`;
    this.reads.clear();
  }

  key(userId: string): string {
    return `us:{${userTag(userId)}}`;
  }

  /** A value, or the marker under which a fill may be tried once the primary database has been read in a snapshot opened after this. */
  async read(userId: string): Promise<FencedRead> {
    return this.decodeRead(await this.redis.runPrepared(this.readOf(userId), newNonce()));
  }

  /** False when the marker is gone or what was read is older than the tombstone: then nobody is harmed, the value is just not kept. */
  async fill(userId: string, marker: string, version: number, value: string): Promise<boolean> {
    if (this.shape === null || marker === '') return false;
    return (await this.redis.run(FILL, [this.key(userId)], [this.shape, marker, version, value, VALUE_MS])) === 1;
  }

  /** Before the commit and again after it, with the version the write gives the row. */
  async fence(userId: string, version: number): Promise<void> {
    await this.redis.run(FENCE, [this.key(userId)], [version, newNonce(), TOMBSTONE_MS]);
  }

  /**
   * A script whose last arguments are those of the Lua fragment `fenced_read`: shape, nonce, life of a lease (ms). It lacks the nonce, which is new
   * at each call. Good until `bind` is called again.
   */
  prepare(script: StoreScript, keys: readonly string[], args: readonly (string | number)[]): PreparedScript {
    return new PreparedScript(script, keys, [...args, this.shape ?? '|'], [LEASE_MS]);
  }

  /** Whether the value of this stamp (`scripts/fenced-stamp.lua`) is one that a read would still take, if it is still there. */
  isCurrent(stamp: string): boolean {
    return this.shape !== null && stamp.endsWith(this.shape);
  }

  /** 22 characters, never the same twice. */
  newNonce(): string {
    return newNonce();
  }

  decodeRead(reply: unknown): FencedRead {
    const [hit, text] = reply as [number, string];
    // Not bound: the shape is a mere bar, whatever it matched is not ours to read.
    if (this.shape === null) return { hit: false, marker: '' };
    return hit === 1 ? { hit: true, value: text } : { hit: false, marker: text };
  }

  private readOf(userId: string): PreparedScript {
    let read = this.reads.get(userId);
    if (!read) this.reads.set(userId, (read = this.prepare(READ, [this.key(userId)], [])));
    return read;
  }
}
