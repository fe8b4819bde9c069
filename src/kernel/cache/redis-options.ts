import type { ConnectionOptions } from 'node:tls';
import { Cluster, Redis, type ClusterOptions, type RedisOptions } from 'ioredis';
import type { RedisAuth, RedisConfig } from '../config/index.js';
import { hearRedirections } from './heard-redirections.js';

/** A fence waits this long at most (guarantees §4); so does every other command. */
const COMMAND_TIMEOUT_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
const RETRY_MS = 100;
const MAX_RETRY_MS = 1_000;

const reconnectDelay = (attempt: number): number => Math.min(RETRY_MS * attempt, MAX_RETRY_MS);

/**
 * Fail at once, keep reconnecting. Nothing waits for a connection, and nothing is sent a second time by the client: a command
 * whose connection broke may have been executed, and a login or a rotation must not be executed twice.
 */
const connectionOptions: RedisOptions = {
  lazyConnect: true,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  maxRetriesPerRequest: 0,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  keepAlive: 10_000,
  retryStrategy: reconnectDelay,
  // A master that became a replica, or lost its place, is left at once.
  reconnectOnError: (error) => error.message.startsWith('READONLY'),
};

/** Where TLS is spoken: whom to trust. */
const tlsOptions = (ca: string | undefined): ConnectionOptions => (ca === undefined ? {} : { ca });

const authOptions = (auth: RedisAuth): RedisOptions => ({
  ...(auth.username === undefined ? {} : { username: auth.username }),
  ...(auth.password === undefined ? {} : { password: auth.password }),
  ...(auth.tls ? { tls: tlsOptions(auth.tlsCa) } : {}),
});

const clusterOptions = (auth: RedisAuth): ClusterOptions => ({
  lazyConnect: true,
  enableOfflineQueue: false,
  scaleReads: 'master',
  redisOptions: { ...connectionOptions, ...authOptions(auth) },
  clusterRetryStrategy: reconnectDelay,
  slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
  // A failover is noticed by itself, not only by a MOVED that a dead node never sends.
  slotsRefreshInterval: 1_000,
  maxRedirections: 8,
  // MOVED, ASK and TRYAGAIN say that nothing was executed: those are followed. The rest is answered to the caller.
  retryDelayOnTryAgain: 40,
  retryDelayOnFailover: 0,
  retryDelayOnClusterDown: 0,
  // Addresses behind TLS are names that the certificate knows.
  ...(auth.tls ? { dnsLookup: (address, callback) => callback(null, address) } : {}),
});

/** `rediss:` alone asks for TLS: an authority to trust would turn it on by itself. */
const urlOptions = (url: string, tlsCa: string | undefined): RedisOptions => (new URL(url).protocol === 'rediss:' ? { tls: tlsOptions(tlsCa) } : {});

/** A client for the configured deployment; it does not connect by itself. */
export const createRedisClient = (config: RedisConfig): Redis | Cluster => {
  switch (config.kind) {
    case 'standalone':
      return new Redis(config.url, { ...connectionOptions, ...urlOptions(config.url, config.tlsCa) });
    case 'sentinel':
      return new Redis({
        ...connectionOptions,
        ...authOptions(config.options),
        ...(config.options.tls ? { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(config.options.tlsCa) } : {}),
        sentinels: config.sentinels.map(({ host, port }) => ({ host, port })),
        name: config.name,
        role: 'master',
        sentinelRetryStrategy: reconnectDelay,
        sentinelCommandTimeout: CONNECT_TIMEOUT_MS,
      });
    case 'cluster':
      return hearRedirections(new Cluster([...config.nodes], clusterOptions(config.options)));
  }
};
