/** What `INFO` says about a server, as far as promises hang on it. */
export interface RedisFacts {
  readonly version: string;
  /** 7.0 and up (Valkey says 7.2.4). */
  readonly isSupported: boolean;
  /** Anything but `noeviction` is early expiry by another door. */
  readonly evictionPolicy: string;
  /** Whether an append-only file is kept; without it a restart forgets. */
  readonly appendOnly: boolean;
}

const field = (info: string, name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';

export const parseRedisFacts = (info: string): RedisFacts => {
  const version = field(info, 'redis_version');
  return {
    version,
    isSupported: Number(version.split('.')[0]) >= 7,
    evictionPolicy: field(info, 'maxmemory_policy'),
    appendOnly: field(info, 'aof_enabled') === '1',
  };
};
