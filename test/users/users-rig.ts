import { Test, type TestingModule } from '@nestjs/testing';
import type { Type } from '@nestjs/common';
import pg from 'pg';
import { AuditModule } from '../../src/kernel/audit/index.js';
import { CacheModule } from '../../src/kernel/cache/index.js';
import { ClockModule } from '../../src/kernel/clock/index.js';
import { ConfigModule } from '../../src/kernel/config/index.js';
import { DatabaseModule } from '../../src/kernel/database/index.js';
import { EventBus, EventsModule } from '../../src/kernel/events/index.js';
import { IdempotencyModule } from '../../src/kernel/idempotency/index.js';
import { LimitsModule } from '../../src/kernel/limits/index.js';
import { UsersModule, UsersService, type NewUserInput, type UserSnapshot } from '../../src/modules/users/index.js';
import { testConfig } from '../kit/config.js';
import { withDatabase } from '../kit/postgres.js';
import { testRedis } from '../kit/redis.js';

export interface UsersRig {
  readonly users: UsersService;
  readonly bus: EventBus;
  readonly redisUrl: string | null;
  /** A connection beside the pool, which sees what is committed. */
  readonly observer: pg.Pool;
  /** Another instance on the same stores. */
  another(): Promise<TestingModule>;
  get<T>(type: Type<T> | (abstract new (...args: never[]) => T)): T;
  /** A new account nobody else has; without a password, whose hash would cost 20 ms of a core. */
  add(input?: Partial<NewUserInput>): Promise<UserSnapshot>;
  close(): Promise<void>;
}

let serial = 0;

/** The users module on a database of its own, with Redis or in the embedded shape. */
export async function usersRig({ isWithRedis, as }: { readonly isWithRedis: boolean; /** Clauses of CREATE DATABASE. */ readonly as?: string }): Promise<UsersRig> {
  const database = await withDatabase(as === undefined ? {} : { isMigrated: false, as });
  const redis = isWithRedis ? await testRedis() : null;
  const config = testConfig({ DATABASE_URL: database.url, ...(redis ? { REDIS_URL: redis.url } : {}) });
  const modules: TestingModule[] = [];
  const start = async (): Promise<TestingModule> => {
    const module = await Test.createTestingModule({
      imports: [ConfigModule.forRoot(config), ClockModule, DatabaseModule.forRoot(), CacheModule.forRoot(), EventsModule, AuditModule, IdempotencyModule, LimitsModule, UsersModule],
    }).compile();
    module.useLogger(false);
    modules.push(module);
    return module.init();
  };
  const first = await start();
  const observer = new pg.Pool({ connectionString: database.url, max: 1 });
  const users = first.get(UsersService);
  return {
    users,
    bus: first.get(EventBus),
    redisUrl: redis?.url ?? null,
    observer,
    another: start,
    get: (type) => first.get(type as never),
    add: (input = {}) => {
      serial += 1;
      return users.create({ email: `user${serial}@example.test`, username: `user${serial}`, ...input });
    },
    close: async () => {
      await observer.end();
      await Promise.all(modules.map((module) => module.close()));
      await redis?.close();
      await database.drop();
    },
  };
}
