import { Global, Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { RedisConnection } from '../cache/index.js';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { EventBus } from './event-bus.js';
import { EventFollowerEntity } from './event-follower.entity.js';
import { EventFollowers } from './event-followers.repository.js';
import { EventLogEntryEntity } from './event-log-entry.entity.js';
import { EventLog } from './event-log.repository.js';
import { LoggedEventBus } from './logged-event-bus.js';
import { RedisEventBus } from './redis-event-bus.js';

/** Where there is Redis there may be other instances; without it there is one. */
@Global()
@Module({
  imports: [TypeOrmModule.forFeature([EventLogEntryEntity, EventFollowerEntity])],
  providers: [
    EventLog,
    EventFollowers,
    {
      provide: EventBus,
      useFactory: (log: EventLog, followers: EventFollowers, config: AppConfig, redis: RedisConnection | null): EventBus =>
        redis === null ? new LoggedEventBus(log, followers, config) : new RedisEventBus(log, followers, config, redis),
      inject: [EventLog, EventFollowers, APP_CONFIG, RedisConnection],
    },
  ],
  exports: [EventBus, EventFollowers],
})
export class EventsModule {}
