import { Module, type DynamicModule } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { FencedEntry } from './fenced-entry.js';
import { RedisConnection } from './redis-connection.js';

/**
 * Redis, where the configuration names one. Without it `RedisConnection` and `FencedEntry` are null: tokens live in PostgreSQL and nothing is cached.
 */
@Module({})
export class CacheModule {
  static forRoot(): DynamicModule {
    return {
      module: CacheModule,
      global: true,
      providers: [
        {
          provide: RedisConnection,
          useFactory: (config: AppConfig) => (config.redis === null ? null : RedisConnection.create(config.redis)),
          inject: [APP_CONFIG],
        },
        {
          provide: FencedEntry,
          useFactory: (redis: RedisConnection | null) => (redis === null ? null : new FencedEntry(redis)),
          inject: [RedisConnection],
        },
      ],
      exports: [RedisConnection, FencedEntry],
    };
  }
}
