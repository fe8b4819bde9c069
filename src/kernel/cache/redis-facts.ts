/** What `INFO` says about a server, as far as promises hang on it. */
export interface RedisFacts {
  readonly version: string;
  /** 7.0 and up (Valkey says 7.2.4). */
  readonly isSupported: boolean;
  /** Anything but `noeviction` is early expiry by another door. */
  readonly evictionPolicy: string;
  /** Whether an append-only file is kept; without it a restart forgets. */
  readonly appendOnly: boolean;
  readonly usedBytes: number;
  /** `maxmemory`; 0: the server sets itself no limit. */
  readonly maxBytes: number;
  /** The server's own word for why it would refuse a write now, such as `OOM`; null when it takes one. */
  readonly writeRefusal: string | null;
}

/** From this share of `maxmemory` on, operators are warned: what comes after it is refused writes. */
const NEARLY_FULL = 0.8;

/** How full a server is, from 0 to 1; null without `maxmemory`. */
export const fillOf = ({ usedBytes, maxBytes }: Pick<RedisFacts, 'usedBytes' | 'maxBytes'>): number | null => (maxBytes > 0 ? usedBytes / maxBytes : null);

export const isNearlyFull = (facts: Pick<RedisFacts, 'usedBytes' | 'maxBytes'>): boolean => (fillOf(facts) ?? 0) >= NEARLY_FULL;

const megabytes = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

/** In words, for operators. */
export const fillInWords = (facts: Pick<RedisFacts, 'usedBytes' | 'maxBytes'>): string => {
  const fill = fillOf(facts);
  return fill === null ? `${megabytes(facts.usedBytes)} used, no maxmemory` : `${Math.round(fill * 100)} % of maxmemory used (${megabytes(facts.usedBytes)} of ${megabytes(facts.maxBytes)})`;
};

const field = (info: string, name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';

export const parseRedisFacts = (info: string, writeRefusal: string | null = null): RedisFacts => {
  const version = field(info, 'redis_version');
  return {
    version,
    isSupported: Number(version.split('.')[0]) >= 7,
    evictionPolicy: field(info, 'maxmemory_policy'),
    appendOnly: field(info, 'aof_enabled') === '1',
    usedBytes: Number(field(info, 'used_memory')),
    maxBytes: Number(field(info, 'maxmemory')),
    writeRefusal,
  };
};
