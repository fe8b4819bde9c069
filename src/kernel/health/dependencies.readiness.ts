import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { fillInWords, fillOf, isNearlyFull, RedisConnection, type RedisFacts } from '../cache/index.js';
import { isReadOnlyRefusal, Migrator, Transactions } from '../database/index.js';
import { Metrics } from '../metrics/index.js';
import { NotReadyError } from './not-ready.error.js';
import { ReadinessRegistry, type ReadinessAnswer } from './readiness-registry.js';

const WRITE = { name: 'readiness.write', text: 'DELETE FROM cache_generation WHERE false' } as const;

/** What the kernel itself needs: PostgreSQL with a current schema, and Redis where the configuration names one. A store that takes no writes is not ready. */
@Injectable()
export class DependenciesReadiness implements OnModuleInit {
  constructor(
    private readonly registry: ReadinessRegistry,
    private readonly transactions: Transactions,
    private readonly migrator: Migrator,
    @Inject(RedisConnection) private readonly redis: RedisConnection | null,
    private readonly metrics: Metrics,
  ) {}

  onModuleInit(): void {
    this.registry.register('database', () => this.database());
    this.registry.register('migrations', () => this.migrations());
    const { redis } = this;
    if (redis) this.registry.register('redis', () => redisReadiness(redis));
    this.metrics.gauges(
      { redis_memory_used_ratio: 'How much of its maxmemory Redis uses, from 0 to 1; of several masters the fullest. None without maxmemory.' },
      () => fullest(redis),
    );
  }

  /** A write that finds no row: it is refused where any other would be, and costs as little as a read. On a session that a write would get. */
  private async database(): Promise<ReadinessAnswer> {
    try {
      await this.transactions.single(WRITE, []);
    } catch (error) {
      if (isReadOnlyRefusal(error)) throw new NotReadyError('is read-only, and takes no writes');
      // Without its tables it can be written all the same; `migrations` says that they are missing.
      if (!isTableMissing(error)) throw error;
    }
    return { status: 'up' };
  }

  private async migrations(): Promise<ReadinessAnswer> {
    const pending = await this.migrator.pending();
    if (pending.length > 0) throw new NotReadyError(`pending: ${pending.join(', ')}`);
    return { status: 'up' };
  }
}

const isTableMissing = (error: unknown): boolean => (error as { code?: unknown }).code === '42P01';

const fullest = async (redis: RedisConnection | null): Promise<Readonly<Record<string, number>>> => {
  if (redis === null) return {};
  const fills = (await redis.inspect()).map(fillOf).filter((fill) => fill !== null);
  return fills.length > 0 ? { redis_memory_used_ratio: Math.max(...fills) } : {};
};

const REFUSALS: Readonly<Record<string, string>> = {
  OOM: 'is full, and takes no writes',
  READONLY: 'is a read-only replica, and takes no writes',
  NOREPLICAS: 'has fewer good replicas than min-replicas-to-write, and takes no writes',
  MISCONF: 'cannot save to its disk, and takes no writes',
  CLUSTERDOWN: 'belongs to a cluster that is down',
  MASTERDOWN: 'is a replica without a master',
};

const refusalInWords = (facts: RedisFacts): string => `${REFUSALS[facts.writeRefusal!]}${facts.writeRefusal === 'OOM' ? `: ${fillInWords(facts)}` : ''}`;

const warningsOf = (masters: readonly RedisFacts[]): string[] => [
  ...(masters.every((facts) => facts.appendOnly) ? [] : ['no append-only file: a restart of Redis ends every session']),
  ...masters.filter(isNearlyFull).map((facts) => `${fillInWords(facts)}; when it is full, nothing can be written`),
];

/** Eviction is early expiry by another door; without persistence a restart forgets every session. Every master must comply. */
export const redisReadiness = async (redis: Pick<RedisConnection, 'inspect'>): Promise<ReadinessAnswer> => {
  const masters = await redis.inspect();
  const unsupported = masters.find((facts) => !facts.isSupported);
  if (unsupported) throw new NotReadyError(`version ${unsupported.version} is not supported`);
  const evicting = masters.find((facts) => facts.evictionPolicy !== 'noeviction');
  if (evicting) throw new NotReadyError(`maxmemory-policy is ${evicting.evictionPolicy}: it must be noeviction, or tokens end early`);
  const refusing = masters.find((facts) => facts.writeRefusal !== null);
  if (refusing) throw new NotReadyError(refusalInWords(refusing));
  const warnings = warningsOf(masters);
  return warnings.length === 0 ? { status: 'up' } : { status: 'warning', message: warnings.join('; ') };
};
