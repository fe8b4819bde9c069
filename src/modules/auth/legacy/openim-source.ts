import { Redis } from 'ioredis';

const PREFIX = 'UID_PID_TOKEN_STATUS:';
const KEYS_PER_PAGE = 200;
const NORMAL = '0';

/** Deletes only what still is as it was read. KEYS 1 hash · ARGV 1 field · 2 value → 1 deleted | 0. */
const DELETE_UNCHANGED = `if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end return 0`;

export interface OpenImEntry {
  readonly key: string;
  readonly token: string;
  readonly state: string;
}

/** The old server's Redis: one HASH per user and platform, `UID_PID_TOKEN_STATUS:<userID>:<PlatformName>`, the token as field, its state as value. */
export class OpenImSource {
  private constructor(private readonly redis: Redis) {}

  /** Throws when it cannot be reached. */
  static async open(url: string): Promise<OpenImSource> {
    const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 3, connectTimeout: 5_000, retryStrategy: (attempt) => (attempt > 3 ? null : 200 * attempt) });
    redis.on('error', () => undefined); // each command tells of it
    await redis.connect();
    return new OpenImSource(redis);
  }

  close(): void {
    this.redis.disconnect();
  }

  /** Some entries, and where to go on; `0` begins, and is answered at the end. An entry may come twice (SCAN). */
  async page(cursor: string): Promise<{ readonly entries: readonly OpenImEntry[]; readonly hashes: number; readonly next: string }> {
    const [next, keys] = await this.redis.scan(cursor, 'MATCH', `${PREFIX}*`, 'COUNT', KEYS_PER_PAGE);
    const hashes = await Promise.all(keys.map(async (key) => ({ key, fields: await this.fieldsOf(key) })));
    const entries = hashes.flatMap(({ key, fields }) => Object.entries(fields).map(([token, state]) => ({ key, token, state })));
    return { entries, hashes: keys.length, next };
  }

  /** False when it is another value by now, or gone. */
  async deleteUnchanged({ key, token, state }: OpenImEntry): Promise<boolean> {
    return (await this.redis.eval(DELETE_UNCHANGED, 1, key, token, state)) === 1;
  }

  private async fieldsOf(key: string): Promise<Record<string, string>> {
    return (await this.redis.type(key)) === 'hash' ? this.redis.hgetall(key) : {};
  }
}

/** 0 is normal, 2 kicked; whatever else there is does not count there either. */
export const isKicked = ({ state }: OpenImEntry): boolean => state !== NORMAL;

/** The name of the platform is the rest of the key; the token itself says which it is. */
export const belongsTo = ({ key }: OpenImEntry, externalId: string): boolean => key.startsWith(`${PREFIX}${externalId}:`);
