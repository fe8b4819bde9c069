import { randomUUID } from 'node:crypto';
import { Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { Cluster, type Redis } from 'ioredis';
import type { RedisConnection } from '../cache/index.js';
import { DeliveryQueue } from './delivery-queue.js';
import { EventBus, type EventHandler, type EventPhase, type PhaseContext } from './event-bus.js';
import { EventHandlers } from './event-handlers.js';
import type { Event, EventMap, EventName } from './event-map.js';
import { decodeEnvelope, encodeEnvelope } from './event-envelope.js';

/** Publications that have not been answered yet. Beyond it other instances are not told: delivery is best effort, memory is not. */
const MAX_PUBLISHING = 1000;

/**
 * For many instances. The awaited phases run here, as they must; `delivered` also reaches the other instances by Redis
 * pub/sub, at most once: what is published while an instance is reconnecting it never hears.
 */
export class RedisEventBus extends EventBus implements OnModuleInit, OnModuleDestroy {
  private readonly logger = new Logger('Events');
  private readonly handlers = new EventHandlers();
  private readonly queue = new DeliveryQueue(this.handlers);
  private readonly instance = randomUUID();
  private readonly subscriber: Redis | Cluster;
  private readonly channel: string;
  private publishing = 0;
  private isSilent = false;

  constructor(private readonly redis: RedisConnection) {
    super();
    this.subscriber = dedicated(redis.client);
    // Pub/sub knows no databases (`SELECT`): two services that share a server must not hear each other.
    this.channel = `likeness:events:${databaseOf(redis.client)}`;
    this.subscriber.on('error', () => undefined);
    this.subscriber.on('ready', () => void this.subscribe());
    this.subscriber.on('message', (_channel: string, text: string) => this.receive(text));
  }

  async onModuleInit(): Promise<void> {
    // Not reachable yet is no fault: it goes on trying, and subscribes when it is there.
    await this.subscriber.connect().then(() => this.subscribe(), () => undefined);
  }

  async onModuleDestroy(): Promise<void> {
    await this.queue.idle();
    this.subscriber.disconnect();
  }

  override on<K extends EventName, P extends EventPhase>(event: K, phase: P, handler: EventHandler<K, P>): void {
    this.handlers.add(event, phase, handler);
  }

  override run<K extends EventName, P extends 'beforeCommit' | 'beforeAnswer'>(
    event: K,
    phase: P,
    payload: EventMap[K],
    context: PhaseContext[P],
  ): Promise<void> {
    return this.handlers.run(event, phase, payload, context);
  }

  override deliver<K extends EventName>(event: K, payload: EventMap[K]): void {
    this.queue.push({ name: event, payload } as Event);
    void this.publish(event, payload);
  }

  private async publish(name: string, payload: unknown): Promise<void> {
    if (this.publishing >= MAX_PUBLISHING) return this.sayOnce('too many publications wait');
    this.publishing += 1;
    try {
      await this.redis.client.publish(this.channel, encodeEnvelope({ from: this.instance, name, payload }));
      this.isSilent = false;
    } catch (error) {
      this.sayOnce(error instanceof Error ? error.message : String(error));
    } finally {
      this.publishing -= 1;
    }
  }

  private receive(text: string): void {
    const envelope = decodeEnvelope(text);
    // Our own echo has been delivered already. What cannot be read was sent by another release.
    if (envelope === null || envelope.from === this.instance) return;
    this.queue.push({ name: envelope.name, payload: envelope.payload } as Event);
  }

  private async subscribe(): Promise<void> {
    try {
      await this.subscriber.subscribe(this.channel);
    } catch (error) {
      // The connection broke in between: the next `ready` tries again.
      this.logger.debug(`subscribe: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private sayOnce(reason: string): void {
    if (!this.isSilent) this.logger.warn(`Other instances are not told of events: ${reason}`);
    this.isSilent = true;
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
