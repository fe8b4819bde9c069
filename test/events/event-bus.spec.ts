import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import { InProcessEventBus } from '../../src/kernel/events/in-process-event-bus.js';
import { RedisEventBus } from '../../src/kernel/events/redis-event-bus.js';
import { testRedis, type TestRedis } from '../kit/redis.js';
import { describeEventBus, eventually, NO_MANAGER } from './event-bus.contract.js';

beforeAll(() => Logger.overrideLogger(false));

describeEventBus('in process', () => Promise.resolve({ bus: new InProcessEventBus(), close: () => Promise.resolve() }));

describe('across instances', () => {
  let redis: TestRedis;
  let outside: Redis;
  beforeAll(async () => {
    redis = await testRedis();
    outside = new Redis(redis.url);
  });
  afterAll(async () => {
    await outside.quit();
    await redis.close();
  });

  const instance = async (url = redis.url): Promise<{ bus: RedisEventBus; close: () => Promise<void> }> => {
    const connection = RedisConnection.create({ kind: 'standalone', url });
    await connection.connect();
    const bus = new RedisEventBus(connection);
    await bus.onModuleInit();
    return {
      bus,
      close: async () => {
        await bus.onModuleDestroy();
        connection.close();
      },
    };
  };

  describeEventBus('across instances', instance);

  describe('two instances', () => {
    let here: Awaited<ReturnType<typeof instance>>;
    let there: Awaited<ReturnType<typeof instance>>;
    let heard: string[];
    beforeEach(async () => {
      [here, there] = await Promise.all([instance(), instance()]);
      heard = [];
      here.bus.on('thing.happened', 'delivered', ({ thing }) => void heard.push(`here ${thing}`));
      there.bus.on('thing.happened', 'delivered', ({ thing }) => void heard.push(`there ${thing}`));
    });
    afterEach(() => Promise.all([here.close(), there.close()]));
    const channel = (): string => `likeness:events:${new URL(redis.url).pathname.slice(1)}`;
    const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 60));

    it('both hear a fact, each once', async () => {
      here.bus.deliver('thing.happened', { thing: 'a' });
      await eventually(() => heard.length === 2);
      await settled();
      expect(heard.sort()).toEqual(['here a', 'there a']);
    });

    it('run the awaited phases where the write is, and nowhere else', async () => {
      there.bus.on('thing.happened', 'beforeAnswer', () => void heard.push('there too'));
      await here.bus.run('thing.happened', 'beforeAnswer', { thing: 'a' }, {});
      await here.bus.run('thing.happened', 'beforeCommit', { thing: 'a' }, NO_MANAGER);
      await settled();
      expect(heard).toEqual([]);
    });

    it.each(['', '{', 'null', '[]', '{"form":2}', '{"form":1,"from":"x","name":"thing.happened"}', '{"form":1,"from":"x","name":"nobody.listens","payload":{}}', 'x'.repeat(100_000)])(
      'are not disturbed by %.40j on their channel',
      async (text) => {
        await outside.publish(channel(), text);
        here.bus.deliver('thing.happened', { thing: 'after' });
        await eventually(() => heard.length === 2);
        expect(heard.sort()).toEqual(['here after', 'there after']);
      },
    );

    it('hear again after their connections were cut', async () => {
      const database = new URL(redis.url).pathname.slice(1);
      const clients = ((await outside.call('CLIENT', 'LIST', 'TYPE', 'pubsub')) as string).split('\n').filter((line) => line.includes(` db=${database} `));
      expect(clients).toHaveLength(2);
      for (const client of clients) await outside.call('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(client)![1]!);
      const isHeard = (): boolean => {
        here.bus.deliver('thing.happened', { thing: 'again' });
        return heard.includes('there again');
      };
      await eventually(isHeard, 5_000);
    });

    it('do not hear those of another database number', async () => {
      const other = new URL(redis.url);
      other.pathname = '/0';
      const stranger = await instance(other.href);
      stranger.bus.deliver('thing.happened', { thing: 'strange' });
      await settled();
      await stranger.close();
      expect(heard).toEqual([]);
    });
  });

  it('deliver here when Redis is away, and say nothing worse', async () => {
    const connection = RedisConnection.create({ kind: 'standalone', url: 'redis://127.0.0.1:1' });
    const bus = new RedisEventBus(connection);
    await bus.onModuleInit();
    const heard: string[] = [];
    bus.on('thing.happened', 'delivered', ({ thing }) => void heard.push(thing));
    for (let index = 0; index < 50; index += 1) bus.deliver('thing.happened', { thing: String(index) });
    await eventually(() => heard.length === 50);
    await bus.onModuleDestroy();
    connection.close();
  });
});
