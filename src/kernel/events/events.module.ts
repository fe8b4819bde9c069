import { Global, Module } from '@nestjs/common';
import { RedisConnection } from '../cache/index.js';
import { EventBus } from './event-bus.js';
import { InProcessEventBus } from './in-process-event-bus.js';
import { RedisEventBus } from './redis-event-bus.js';

/** Where there is Redis there may be other instances; without it there is one. */
@Global()
@Module({
  providers: [
    {
      provide: EventBus,
      useFactory: (redis: RedisConnection | null): EventBus => (redis === null ? new InProcessEventBus() : new RedisEventBus(redis)),
      inject: [RedisConnection],
    },
  ],
  exports: [EventBus],
})
export class EventsModule {}
