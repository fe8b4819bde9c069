import { randomUUID } from 'node:crypto';
import { DataSource, type EntityManager } from 'typeorm';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import { dataSourceOptions, PreparedReads, Transactions } from '../../src/kernel/database/index.js';
import { EventFollowers } from '../../src/kernel/events/event-followers.repository.js';
import { EventLog } from '../../src/kernel/events/event-log.repository.js';
import { LoggedEventBus } from '../../src/kernel/events/logged-event-bus.js';
import { RedisEventBus } from '../../src/kernel/events/redis-event-bus.js';
import { eventually } from '../kit/eventually.js';
import { withDatabase } from '../kit/postgres.js';

declare module '../../src/kernel/events/event-map.js' {
  interface EventMap {
    'thing.happened': { readonly thing: string };
  }
}

/** Waits until it holds; for what happens after the answer. */
export const until = (holds: () => boolean): Promise<boolean> => eventually('the event is heard', holds);

export interface Listening extends Instance {
  readonly heard: string[];
  missed(): number;
}

export interface Instance {
  readonly bus: LoggedEventBus;
  stop(): Promise<void>;
  /** As a killed process leaves things: nothing is said to anybody. */
  kill(): Promise<void>;
}

/** A database with its log of events, and instances that listen to it. */
export class EventRig {
  private readonly running = new Set<Instance>();

  private constructor(
    private readonly dataSource: DataSource,
    readonly transactions: Transactions,
    private readonly drop: () => Promise<void>,
  ) {}

  static async start(): Promise<EventRig> {
    const database = await withDatabase();
    const options = dataSourceOptions({ url: database.url, poolSize: 10, connectTimeoutMs: 30_000, statementTimeoutMs: 60_000, migrateOnStart: false, pooler: 'none' });
    const dataSource = await new DataSource(options).initialize();
    return new EventRig(dataSource, new Transactions(dataSource), () => database.drop());
  }

  get log(): EventLog {
    return new EventLog(this.transactions, new PreparedReads(this.dataSource), { next: () => randomUUID() });
  }

  get followers(): EventFollowers {
    return new EventFollowers(this.transactions, new PreparedReads(this.dataSource));
  }

  /** `listen` says what it wants to hear, before it begins to. Killed, its log and its followers are gone for it. */
  async instance({ name = null, redisUrl = null, listen }: { readonly name?: string | null; readonly redisUrl?: string | null; readonly listen?: (bus: LoggedEventBus) => void }): Promise<Instance> {
    const redis = redisUrl === null ? null : RedisConnection.create({ kind: 'standalone', url: redisUrl });
    await redis?.connect();
    const [log, followers] = [this.log, this.followers];
    const bus = redis ? new RedisEventBus(log, followers, { instanceName: name }, redis) : new LoggedEventBus(log, followers, { instanceName: name });
    if (bus instanceof RedisEventBus) await bus.onModuleInit();
    listen?.(bus);
    bus.onApplicationBootstrap();
    const instance: Instance = {
      bus,
      stop: async () => {
        if (!this.running.delete(instance)) return;
        await bus.onModuleDestroy();
        redis?.close();
      },
      kill: () => {
        const dead = (): Promise<never> => new Promise(() => undefined);
        for (const each of [log, followers]) for (const method of ['place', 'prune', 'next', 'advance', 'begin', 'leave', 'forgetTheAbsent']) Object.assign(each, { [method]: dead });
        clearInterval((bus as unknown as { loop: { timer: NodeJS.Timeout } }).loop.timer);
        this.running.delete(instance);
        redis?.close();
        return Promise.resolve();
      },
    };
    this.running.add(instance);
    return instance;
  }

  /** One that writes down what it hears, and has begun to hear. */
  async listening(options: { readonly name?: string; readonly redisUrl?: string } = {}): Promise<Listening> {
    const heard: string[] = [];
    let missed = 0;
    const instance = await this.instance({
      ...options,
      listen: (bus) => {
        bus.on('thing.happened', 'delivered', ({ thing }) => void heard.push(thing));
        bus.on('facts.missed', 'delivered', () => void (missed += 1));
      },
    });
    const followers = `SELECT 1 FROM event_followers WHERE name <> 'webhooks'`;
    await eventually('every instance follows the log', async () => (await this.query(followers)).length >= this.running.size);
    return { ...instance, heard, missed: () => missed };
  }

  /** Every event has its place in the order, whether an instance follows or not. */
  async placed(): Promise<void> {
    await eventually('every event has its place', async () => (await this.query('SELECT 1 FROM event_log WHERE position IS NULL')).length === 0);
  }

  /** Every instance that can has noted what there is, and what should not come has had its moment. */
  async settled(): Promise<void> {
    const behind = `SELECT 1 FROM event_log WHERE position IS NULL OR position > (SELECT min(position) FROM event_followers WHERE name <> 'webhooks')`;
    const begun = `SELECT 1 FROM event_followers WHERE name <> 'webhooks'`;
    const isBusy = async (): Promise<boolean> => (await this.query(behind)).length > 0 || (await this.query(begun)).length < this.running.size;
    await eventually('every instance has heard everything', async () => !(await isBusy()));
    await new Promise((resolve) => setTimeout(resolve, 60));
  }

  /** Nobody listens any more, and nothing is left to be heard. */
  async clear(): Promise<void> {
    for (const instance of [...this.running]) await instance.stop();
    await this.query(`DELETE FROM event_followers WHERE name <> 'webhooks'`);
    await this.query('DELETE FROM event_log');
  }

  /** One change that is committed, with its facts. */
  async commit(...things: string[]): Promise<void> {
    await this.transactions.run((manager) => this.record(manager, ...things));
  }

  async record(manager: EntityManager, ...things: string[]): Promise<void> {
    for (const thing of things) await this.log.append(manager, 'thing.happened', { thing });
  }

  query<Row>(sql: string, values: unknown[] = []): Promise<Row[]> {
    return this.dataSource.query<Row[]>(sql, values);
  }

  async stop(): Promise<void> {
    await this.clear();
    await this.dataSource.destroy();
    await this.drop();
  }
}
