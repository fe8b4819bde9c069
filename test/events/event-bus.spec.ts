import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Redis } from 'ioredis';
import { testRedis, type TestRedis } from '../kit/redis.js';
import { EventRig, until } from './event-rig.js';

/** Only the handlers look at it, and these do not. */
const NO_MANAGER = { manager: null as never };

describe('the event bus', () => {
  let rig: EventRig;
  let redis: TestRedis;
  let outside: Redis;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    [rig, redis] = [await EventRig.start(), await testRedis()];
    outside = new Redis(redis.url);
  });
  afterAll(async () => {
    await rig.stop();
    await outside.quit();
    await redis.close();
  });
  afterEach(() => rig.clear());

  const slowly = (log: string[], word: string, ms: number) => async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, ms));
    log.push(word);
  };
  const settled = (): Promise<void> => rig.settled();

  describe('in the awaited phases', () => {
    it('waits for the handlers of a phase, one after another in the order of registration', async () => {
      const { bus } = await rig.instance({});
      const log: string[] = [];
      bus.on('thing.happened', 'beforeCommit', slowly(log, 'slow', 20));
      bus.on('thing.happened', 'beforeCommit', slowly(log, 'quick', 0));
      bus.on('thing.happened', 'beforeAnswer', slowly(log, 'other phase', 0));
      await bus.run('thing.happened', 'beforeCommit', { thing: 'a' }, NO_MANAGER);
      expect(log).toEqual(['slow', 'quick']);
    });

    it('throws the first failure, asynchronous or not, and runs nothing after it', async () => {
      const { bus } = await rig.instance({});
      const log: string[] = [];
      bus.on('thing.happened', 'beforeAnswer', ({ thing }) => {
        throw new Error(thing);
      });
      bus.on('thing.happened', 'beforeAnswer', slowly(log, 'second', 0));
      await expect(bus.run('thing.happened', 'beforeAnswer', { thing: 'first' }, {})).rejects.toThrow('first');
      expect(log).toEqual([]);
    });

    it('runs them where the write is, and nowhere else, and no delivered handler', async () => {
      const [here, there] = [await rig.listening({ redisUrl: redis.url }), await rig.listening({ redisUrl: redis.url })];
      there.bus.on('thing.happened', 'beforeAnswer', () => void there.heard.push('awaited'));
      await here.bus.run('thing.happened', 'beforeAnswer', { thing: 'a' }, {});
      await here.bus.run('thing.happened', 'beforeCommit', { thing: 'a' }, NO_MANAGER);
      await settled();
      expect([here.heard, there.heard]).toEqual([[], []]);
    });
  });

  describe('what is delivered', () => {
    it('is what was committed, after it has been hastened, in order, once', async () => {
      const one = await rig.listening();
      await rig.commit('a', 'b');
      await rig.transactions.run(async (manager) => {
        await rig.record(manager, 'rolled back');
        throw new Error('a fault after it was written down');
      }).catch(() => undefined);
      await rig.commit('c');
      one.bus.hasten();
      one.heard.push('returned');
      await until(() => one.heard.length === 4);
      await settled();
      expect(one.heard).toEqual(['returned', 'a', 'b', 'c']);
    });

    it('reaches the other handlers, and the next fact comes, when a handler fails', async () => {
      const heard: string[] = [];
      const { bus } = await rig.instance({
        listen: (own) => {
          own.on('thing.happened', 'delivered', () => {
            throw new Error('broken');
          });
          own.on('thing.happened', 'delivered', ({ thing }) => void heard.push(thing));
        },
      });
      await settled();
      await rig.commit('a', 'b');
      bus.hasten();
      await until(() => heard.length === 2);
      expect(heard).toEqual(['a', 'b']);
    });

    it('is not written twice under one id', async () => {
      const one = await rig.listening();
      const written = [];
      for (let count = 0; count < 2; count += 1) written.push(await rig.transactions.run((manager) => one.bus.record(manager, 'thing.happened', { thing: 'a' }, '018f0000-0000-7000-8000-000000000001')));
      one.bus.hasten();
      await until(() => one.heard.length === 1);
      await settled();
      expect([written, one.heard]).toEqual([[true, false], ['a']]);
    });

    it('comes in one order on every instance, though transactions commit in another than they wrote in', async () => {
      const [one, other] = [await rig.listening({ redisUrl: redis.url }), await rig.listening({ redisUrl: redis.url })];
      let commit = (): void => undefined;
      const held = new Promise<void>((resolve) => (commit = resolve));
      let hasWritten = (): void => undefined;
      const wrote = new Promise<void>((resolve) => (hasWritten = resolve));
      const early = rig.transactions.run(async (manager) => {
        await rig.record(manager, 'written first, committed last');
        hasWritten();
        await held;
      });
      await wrote;
      await rig.commit('b');
      one.bus.hasten();
      await until(() => one.heard.length === 1 && other.heard.length === 1);
      commit();
      await early;
      await rig.commit('c');
      one.bus.hasten();
      await until(() => one.heard.length === 3 && other.heard.length === 3);
      expect(one.heard).toEqual(['b', 'written first, committed last', 'c']);
      expect(other.heard).toEqual(one.heard);
    });

    it('comes to all from many who write at once, none left out, none twice', async () => {
      const all = [await rig.listening({ redisUrl: redis.url }), await rig.listening({ redisUrl: redis.url }), await rig.listening({ redisUrl: redis.url })];
      const things = Array.from({ length: 300 }, (_, index) => `thing ${index}`);
      await Promise.all(
        things.map(async (thing, index) => {
          await rig.commit(thing);
          all[index % 3]!.bus.hasten();
        }),
      );
      await until(() => all.every(({ heard }) => heard.length >= 300));
      expect(all.map(({ heard }) => new Set(heard).size)).toEqual([300, 300, 300]);
      expect(all.map(({ heard }) => heard.length)).toEqual([300, 300, 300]);
      expect([all[1]!.heard, all[2]!.heard]).toEqual([all[0]!.heard, all[0]!.heard]);
    });
  });

  describe('an instance', () => {
    const channel = (): string => `likeness:events:${new URL(redis.url).pathname.slice(1)}`;

    it('is woken by another, and neither disturbed nor told anything by what else comes over the channel, once or often', async () => {
      const [here, there] = [await rig.listening({ redisUrl: redis.url }), await rig.listening({ redisUrl: redis.url })];
      for (const text of ['', '{', 'null', '{"form":1,"from":"x","name":"thing.happened","payload":{"thing":"forged"}}', 'x'.repeat(100_000)]) {
        for (let count = 0; count < 3; count += 1) await outside.publish(channel(), text);
      }
      await rig.commit('a');
      here.bus.hasten();
      await until(() => here.heard.length === 1 && there.heard.length === 1);
      await settled();
      expect([here.heard, there.heard]).toEqual([['a'], ['a']]);
    });

    it('that the wake-ups do not reach hears all the same, each fact once', async () => {
      const [here, deaf] = [await rig.listening({ redisUrl: redis.url }), await rig.listening()];
      await rig.commit('a', 'b');
      here.bus.hasten();
      await until(() => here.heard.length === 2);
      await until(() => deaf.heard.length === 2);
      await settled();
      expect(deaf.heard).toEqual(['a', 'b']);
    });

    it('is woken again after its connection was cut', async () => {
      const [here, there] = [await rig.listening({ redisUrl: redis.url }), await rig.listening({ redisUrl: redis.url })];
      const database = new URL(redis.url).pathname.slice(1);
      const clients = ((await outside.call('CLIENT', 'LIST', 'TYPE', 'pubsub')) as string).split('\n').filter((line) => line.includes(` db=${database} `));
      expect(clients).toHaveLength(2);
      for (const client of clients) await outside.call('CLIENT', 'KILL', 'ID', /id=(\d+)/.exec(client)![1]!);
      await rig.commit('a');
      here.bus.hasten();
      await until(() => there.heard.includes('a'));
    });

    it('that is killed between hearing and noting it hears those facts again when it is back, and none that came meanwhile is lost', async () => {
      const first = await rig.listening({ name: 'one' });
      await rig.commit('a');
      first.bus.hasten();
      await until(() => first.heard.length === 1);
      await settled();
      const noted = new Promise<void>((resolve) => first.bus.on('thing.happened', 'delivered', () => void first.kill().then(resolve)));
      await rig.commit('b');
      first.bus.hasten();
      await noted;
      await rig.commit('c');
      const again = await rig.listening({ name: 'one' });
      await until(() => again.heard.length === 2);
      await settled();
      expect([first.heard, again.heard, again.missed()]).toEqual([['a', 'b'], ['b', 'c'], 0]);
    });

    it('that stops in order hears, when it is back, what came meanwhile and nothing else', async () => {
      const first = await rig.listening({ name: 'one' });
      await rig.commit('a');
      first.bus.hasten();
      await until(() => first.heard.length === 1);
      await first.stop();
      await rig.commit('b');
      const again = await rig.listening({ name: 'one' });
      await until(() => again.heard.length === 1);
      expect([again.heard, again.missed()]).toEqual([['b'], 0]);
    });

    it('without a name is told to read everything anew, and hears what comes after that', async () => {
      await rig.commit('before');
      const placing = await rig.instance({});
      placing.bus.hasten();
      await rig.placed();
      await placing.stop();
      const one = await rig.listening();
      expect(one.missed()).toBe(1);
      await rig.commit('after');
      one.bus.hasten();
      await until(() => one.heard.length === 1);
      expect(one.heard).toEqual(['after']);
    });

    it('does not wait for ever for a handler', async () => {
      const { EventHandlers } = await import('../../src/kernel/events/event-handlers.js');
      const handlers = new EventHandlers(20);
      const heard: string[] = [];
      handlers.add('thing.happened', 'delivered', () => new Promise<void>(() => undefined));
      handlers.add('thing.happened', 'delivered', ({ thing }) => void heard.push(thing));
      await handlers.deliver({ name: 'thing.happened', payload: { thing: 'a' } });
      expect(heard).toEqual(['a']);
    });
  });

  it('works on, here, when Redis is away', async () => {
    const one = await rig.listening({ redisUrl: 'redis://127.0.0.1:1' });
    await rig.commit('a');
    one.bus.hasten();
    await until(() => one.heard.length === 1);
  });
});
