import { randomBytes } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import type { FencedHit, FencedRead } from './fenced-read.js';
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

/** How many users' values are kept, with their reads written out; each is some 2 KB. */
const KNOWN_VALUES = 4_000;

/** No value, and no marker to fill under. */
const NOTHING: FencedRead = { hit: false, marker: '' };

interface Known {
  readonly hit: FencedHit;
  /** Asks whether it is still there. */
  read?: PreparedScript;
}

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
  /** What was seen last of each user. Every read asks the store whether that is still what is there; it saves the copying and decides nothing. */
  private readonly known = new LRUCache<string, Known>({ max: KNOWN_VALUES });

  constructor(private readonly redis: RedisConnection) {}

  /** What values are like now; whatever was prepared under another is to be prepared anew. */
  get boundShape(): string | null {
    return this.shape;
  }

  /** Must be called at start by whoever writes the values; before it, every read is a miss that cannot be filled. */
  bind(shape: EntryShape): void {
    if (shape.generation.includes('|')) throw new RangeError('a cache generation has no |');
    this.shape = `|${shape.schema}|${shape.generation}|`;
    this.known.clear();
  }

  key(userId: string): string {
    return `us:{${userTag(userId)}}`;
  }

  /** A value, or the marker under which a fill may be tried once the primary database has been read in a snapshot opened after this. */
  async read(userId: string): Promise<FencedRead> {
    const known = this.known.get(userId);
    const read = known?.read ?? this.prepare(READ, [this.key(userId)], [], known?.hit);
    if (known) known.read = read;
    return this.decodeRead(userId, await this.redis.runPrepared(read, newNonce()), known?.hit);
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
   * A script whose last arguments are those of the Lua fragment `fenced_read`: shape, nonce, life of a lease (ms), stamp of `seen`. It lacks the nonce,
   * which is new at each call. Good until `bind` is called again, and for `decodeRead` with the same `seen`.
   */
  prepare(script: StoreScript, keys: readonly string[], args: readonly (string | number)[], seen?: FencedHit): PreparedScript {
    return new PreparedScript(script, keys, [...args, this.shape ?? '|'], [LEASE_MS, seen?.stamp ?? '']);
  }

  /** The value that was seen last, whether or not it is still there. */
  lastSeen(userId: string): FencedHit | undefined {
    return this.known.get(userId)?.hit;
  }

  /** Whether the value of this stamp is one that a read would still take, if it is still there. */
  isCurrent(stamp: string): boolean {
    return this.shape !== null && stamp.endsWith(this.shape);
  }

  /** 22 characters, never the same twice. */
  newNonce(): string {
    return newNonce();
  }

  /** `seen`: whose stamp the script was given. */
  decodeRead(userId: string, reply: unknown, seen?: FencedHit): FencedRead {
    const [found, text, stampLength] = reply as [found: number, text: string, stampLength: number];
    // Not bound, the shape is a mere bar, and whatever it matched is not ours to read; nor is what was asked for before it was bound anew.
    if (this.shape === null) return NOTHING;
    if (found === 2 && seen) return this.isCurrent(seen.stamp) ? seen : NOTHING;
    if (found === 0) return { hit: false, marker: text };
    const stamp = text.slice(0, stampLength);
    return this.isCurrent(stamp) ? this.noted(userId, stamp, text.slice(stampLength)) : NOTHING;
  }

  /** Whoever asked at the same time has noted it already: the same bytes are one object. */
  private noted(userId: string, stamp: string, value: string): FencedHit {
    const known = this.known.get(userId)?.hit;
    if (known?.stamp === stamp) return known;
    const hit: FencedHit = { hit: true, value, stamp };
    this.known.set(userId, { hit });
    return hit;
  }
}
