import { randomUUID } from 'node:crypto';
import type { OnModuleInit } from '@nestjs/common';
import { Cluster, type Redis } from 'ioredis';
import type { RedisConnection } from '../cache/index.js';
import type { AppConfig } from '../config/index.js';
import type { EventFollowers } from './event-followers.repository.js';
import type { EventLog } from './event-log.repository.js';
import { LoggedEventBus } from './logged-event-bus.js';

/** For many instances: one that gave facts their place wakes the others by Redis pub/sub. A wake-up that is lost, or comes twice, costs a look. */
export class RedisEventBus extends LoggedEventBus implements OnModuleInit {
  private readonly instance = randomUUID();
  private readonly subscriber: Redis | Cluster;
  private readonly channel: string;
  private isSilent = false;

  constructor(
    log: EventLog,
    followers: EventFollowers,
    config: Pick<AppConfig, 'instanceName'>,
    private readonly redis: RedisConnection,
  ) {
    super(log, followers, config);
    this.subscriber = dedicated(redis.client);
    // Pub/sub knows no databases (`SELECT`): two services that share a server must not wake each other.
    this.channel = `likeness:events:${databaseOf(redis.client)}`;
    this.subscriber.on('error', () => undefined);
    this.subscriber.on('ready', () => void this.subscribe());
    this.subscriber.on('message', (_channel: string, from: string) => from !== this.instance && this.hasten());
  }

  async onModuleInit(): Promise<void> {
    // Not reachable yet is no fault: it goes on trying, and subscribes when it is there.
    await this.subscriber.connect().then(() => this.subscribe(), () => undefined);
  }

  override async onModuleDestroy(): Promise<void> {
    await super.onModuleDestroy();
    this.subscriber.disconnect();
  }

  protected override wakeOthers(): void {
    void this.publish();
  }

  private async publish(): Promise<void> {
    try {
      await this.redis.client.publish(this.channel, this.instance);
      this.isSilent = false;
    } catch (error) {
      if (!this.isSilent) this.logger.warn(`Other instances are not woken, and hear of events when they look: ${error instanceof Error ? error.message : String(error)}`);
      this.isSilent = true;
    }
  }

  private async subscribe(): Promise<void> {
    try {
      await this.subscriber.subscribe(this.channel);
      // What was published meanwhile is lost; what it was about is not.
      this.hasten();
    } catch (error) {
      // The connection broke in between: the next `ready` tries again.
      this.logger.debug(`subscribe: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
}

/**
 * A connection that subscribes can do nothing else. We subscribe at each `ready` ourselves: nobody awaits ioredis' own resubscription,
 * so that a connection that breaks right then would be an unhandled rejection, which ends the process.
 */
const dedicated = (client: Redis | Cluster): Redis | Cluster => {
  const options = { lazyConnect: true, autoResubscribe: false } as const;
  return client instanceof Cluster ? client.duplicate([], options) : client.duplicate(options);
};

const databaseOf = (client: Redis | Cluster): number => (client instanceof Cluster ? 0 : (client.options.db ?? 0));
