import { Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { Cluster, type Redis } from 'ioredis';
import type { RedisConfig } from '../config/index.js';
import { outcomeUnknown, serviceUnavailable } from '../errors/index.js';
import { batchWrites } from './batched-writes.js';
import { isNoScript, storeError, writeError, writeRefusalOf } from './redis-errors.js';
import type { PreparedScript } from './prepared-script.js';
import { parseRedisFacts, type RedisFacts } from './redis-facts.js';
import { createRedisClient } from './redis-options.js';
import { StoreScript } from './store-script.js';

/** Less than a command may take, so that the server's own answer says how many there were. */
const REPLICATION_TIMEOUT_MS = 400;
const KEYS_PER_PAGE = 500;
const REPLICATION_MARK = StoreScript.load(new URL('./scripts/replication-mark.lua', import.meta.url));

const MAY_WRITE = StoreScript.load(new URL('./scripts/may-write.lua', import.meta.url));

const unsupported = (version: string): Error => new Error(`Redis 7.0 (or Valkey 7.2) is needed, this one is ${version || 'unknown'}`);

type PipelineReply = [error: Error | null, value: unknown];

const infoOf = (master: Redis): Promise<string> => master.info('server', 'memory', 'persistence');

const factsOf = async (master: Redis): Promise<RedisFacts> => {
  // In this order: at READONLY the client leaves the connection, and what is asked after it with it.
  const asked = infoOf(master);
  const refusal = master.eval(MAY_WRITE.source, 0).then(
    () => null,
    (error: unknown) => {
      const word = writeRefusalOf(error);
      if (word === null) throw error;
      return word;
    },
  );
  const [info, word] = await Promise.all([asked, refusal]);
  return parseRedisFacts(info, word);
};

/** What the script of a pipeline answered, if so many replicas have it. */
const confirmedReply = ([ran, marked, waited]: readonly PipelineReply[], replicas: number): unknown => {
  if (!ran || ran[0]) throw ran?.[0] ?? new Error('no answer');
  const fault = marked?.[0] ?? waited?.[0];
  const count = Number(waited?.[1] ?? 0);
  if (fault || count < replicas) throw outcomeUnknown(fault ?? new Error(`${count} of ${replicas} replicas have it`));
  return ran[1];
};

/**
 * The one connection to Redis: a single server, Sentinel's master or a cluster. It fails closed: whatever keeps a command from being
 * answered within 500 ms is 503, `request.outcome_unknown` where it may have written, else `service.unavailable`. It reconnects for ever.
 */
export class RedisConnection implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('Redis');
  private refusal: Error | null = null;

  private constructor(readonly client: Redis | Cluster) {
    batchWrites(client);
    let lastError = '';
    client.on('error', (error: Error) => {
      if (error.message !== lastError) this.logger.warn(`connection: ${error.message}`);
      lastError = error.message;
    });
    client.on('ready', () => {
      lastError = '';
      // A server that was replaced while we were away may be another version.
      void this.checkVersion().catch((error: Error) => this.logger.error(error.message));
    });
  }

  /** Not connected yet: Nest does that at start, anybody else calls `connect`. */
  static create(config: RedisConfig): RedisConnection {
    return new RedisConnection(createRedisClient(config));
  }

  async onModuleInit(): Promise<void> {
    await this.connect();
  }

  onApplicationShutdown(): void {
    this.close();
  }

  /** Resolves when connected, or when the first try failed (it goes on trying). Throws when the server is too old. */
  async connect(): Promise<void> {
    try {
      await this.client.connect();
    } catch (error) {
      this.logger.warn(`not reachable yet: ${error instanceof Error ? error.message : String(error)}`);
      return;
    }
    await this.checkVersion();
  }

  close(): void {
    this.client.disconnect();
  }

  /**
   * Runs a script by its digest, loading it where the server does not know it. All keys share one hash tag. For scripts that read, or that may as well
   * run again: whatever keeps the answer away is `service.unavailable`.
   */
  run(script: StoreScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.attempt(script, keys, args, storeError);
  }

  /** The same for a script that writes. Throws `request.outcome_unknown` (503) when it was sent and its answer is lost, `service.unavailable` when it did not run. */
  write(script: StoreScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.attempt(script, keys, args, writeError);
  }

  /** `run` for a call that was prepared, and lacks one argument. */
  runPrepared(prepared: PreparedScript, changing: string): Promise<unknown> {
    return this.attemptPrepared(prepared, changing, storeError);
  }

  /** `write` for a call that was prepared, and lacks one argument. */
  writePrepared(prepared: PreparedScript, changing: string): Promise<unknown> {
    return this.attemptPrepared(prepared, changing, writeError);
  }

  private async attempt(script: StoreScript, keys: readonly string[], args: readonly (string | number)[], errorOf: (reason: unknown) => Error): Promise<unknown> {
    if (this.refusal) throw serviceUnavailable(this.refusal);
    try {
      return await this.client.evalsha(script.sha1, keys.length, ...keys, ...args);
    } catch (error) {
      if (!isNoScript(error)) throw errorOf(error);
    }
    try {
      return await this.client.eval(script.source, keys.length, ...keys, ...args);
    } catch (error) {
      throw errorOf(error);
    }
  }

  private async attemptPrepared(prepared: PreparedScript, changing: string, errorOf: (reason: unknown) => Error): Promise<unknown> {
    if (this.refusal) throw serviceUnavailable(this.refusal);
    try {
      return await this.client.sendCommand(prepared.command(changing));
    } catch (error) {
      if (!isNoScript(error)) throw errorOf(error);
    }
    const { keys, args } = prepared.spelledOut(changing);
    return this.attempt(prepared.script, keys, args, errorOf);
  }

  /**
   * Runs a script, and answers once `replicas` replicas of the master it ran on hold what it wrote; `request.outcome_unknown` (503)
   * when they do not in time, or the answer is lost. One pipeline, so that all of it happens on one connection to one server. `markKey` has the hash tag of `keys`.
   */
  async runOnReplicas(
    script: StoreScript,
    keys: readonly string[],
    args: readonly (string | number)[],
    { replicas, markKey }: { readonly replicas: number; readonly markKey: string },
  ): Promise<unknown> {
    if (this.refusal) throw serviceUnavailable(this.refusal);
    const replies = async (call: 'eval' | 'evalsha'): Promise<PipelineReply[]> => {
      const pipeline = this.client.pipeline()[call](call === 'eval' ? script.source : script.sha1, keys.length, ...keys, ...args);
      const all = await pipeline.eval(REPLICATION_MARK.source, 1, markKey).wait(replicas, REPLICATION_TIMEOUT_MS).exec();
      return all ?? [];
    };
    try {
      const first = await replies('evalsha');
      return confirmedReply(isNoScript(first[0]?.[0]) ? await replies('eval') : first, replicas);
    } catch (error) {
      throw writeError(error);
    }
  }

  /** Every key that fits the pattern, on every master, page by page; one may come twice. */
  async *keyPages(pattern = '*'): AsyncGenerator<readonly string[]> {
    for (const node of this.masters()) {
      let cursor = '0';
      do {
        const [next, keys] = await node.scan(cursor, 'MATCH', pattern, 'COUNT', KEYS_PER_PAGE);
        cursor = next;
        yield keys;
      } while (cursor !== '0');
    }
  }

  /** What every master says of itself, and whether it would take a write now; for readiness. Throws `service.unavailable`. */
  async inspect(): Promise<readonly RedisFacts[]> {
    const masters = this.masters();
    if (masters.length === 0) throw serviceUnavailable(new Error('no master is known'));
    try {
      return await Promise.all(masters.map(factsOf));
    } catch (error) {
      throw storeError(error);
    }
  }

  /** Unix time in milliseconds by the clock of one of them. Throws `service.unavailable`. */
  async timeMs(): Promise<number> {
    const [master] = this.masters();
    if (!master) throw serviceUnavailable(new Error('no master is known'));
    const [seconds, microseconds] = await master.time();
    return Number(seconds) * 1_000 + Number(microseconds) / 1_000;
  }

  get isCluster(): boolean {
    return this.client instanceof Cluster;
  }

  private masters(): readonly Redis[] {
    return this.client instanceof Cluster ? this.client.nodes('master') : [this.client];
  }

  private async checkVersion(): Promise<void> {
    // Not `inspect`: a probe that is refused with READONLY would reconnect, and be here again, without end.
    const infos = await Promise.all(this.masters().map(infoOf)).catch(() => []);
    const old = infos.map((info) => parseRedisFacts(info)).find((facts) => !facts.isSupported);
    this.refusal = old ? unsupported(old.version) : null;
    if (this.refusal) throw this.refusal;
  }
}
