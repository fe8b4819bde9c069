import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { RedisConnection } from '../cache/index.js';
import { Migrator } from '../database/index.js';
import { NotReadyError } from './not-ready.error.js';
import { ReadinessRegistry, type ReadinessAnswer } from './readiness-registry.js';

/** What the kernel itself needs: PostgreSQL with a current schema, and Redis where the configuration names one. */
@Injectable()
export class DependenciesReadiness implements OnModuleInit {
  constructor(
    private readonly registry: ReadinessRegistry,
    private readonly dataSource: DataSource,
    private readonly migrator: Migrator,
    @Inject(RedisConnection) private readonly redis: RedisConnection | null,
  ) {}

  onModuleInit(): void {
    this.registry.register('database', () => this.database());
    this.registry.register('migrations', () => this.migrations());
    const { redis } = this;
    if (redis !== null) this.registry.register('redis', () => redisReadiness(redis));
  }

  private async database(): Promise<ReadinessAnswer> {
    await this.dataSource.query('SELECT 1');
    return { status: 'up' };
  }

  private async migrations(): Promise<ReadinessAnswer> {
    const pending = await this.migrator.pending();
    if (pending.length > 0) throw new NotReadyError(`pending: ${pending.join(', ')}`);
    return { status: 'up' };
  }
}

/** Eviction is early expiry by another door; without persistence a restart forgets every session. Every master must comply. */
export const redisReadiness = async (redis: Pick<RedisConnection, 'inspect'>): Promise<ReadinessAnswer> => {
  const masters = await redis.inspect();
  const unsupported = masters.find((facts) => !facts.isSupported);
  if (unsupported) throw new NotReadyError(`version ${unsupported.version} is not supported`);
  const evicting = masters.find((facts) => facts.evictionPolicy !== 'noeviction');
  if (evicting) throw new NotReadyError(`maxmemory-policy is ${evicting.evictionPolicy}: it must be noeviction, or tokens end early`);
  return masters.every((facts) => facts.appendOnly)
    ? { status: 'up' }
    : { status: 'warning', message: 'no append-only file: a restart of Redis ends every session' };
};
