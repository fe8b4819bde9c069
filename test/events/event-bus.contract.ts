import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventBus } from '../../src/kernel/events/index.js';

declare module '../../src/kernel/events/event-map.js' {
  interface EventMap {
    'thing.happened': { readonly thing: string };
  }
}

/** Waits until it holds; for what happens after the answer. */
export const eventually = async (holds: () => boolean, limitMs = 2_000): Promise<void> => {
  for (let waited = 0; waited < limitMs && !holds(); waited += 5) await new Promise((resolve) => setTimeout(resolve, 5));
  expect(holds()).toBe(true);
};

/** Only the handlers look at it, and these do not. */
export const NO_MANAGER = { manager: null as never };

export interface BusUnderTest {
  readonly bus: EventBus;
  close(): Promise<void>;
}

export const describeEventBus = (name: string, make: () => Promise<BusUnderTest>): void => {
  describe(`the event bus (${name})`, () => {
    let subject: BusUnderTest;
    let bus: EventBus;
    let log: string[];
    beforeEach(async () => {
      subject = await make();
      ({ bus } = subject);
      log = [];
    });
    afterEach(() => subject.close());
    const slowly = (word: string, ms: number) => async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, ms));
      log.push(word);
    };

    it('waits for the handlers of a phase, one after another in the order of registration', async () => {
      bus.on('thing.happened', 'beforeCommit', slowly('slow', 20));
      bus.on('thing.happened', 'beforeCommit', slowly('quick', 0));
      bus.on('thing.happened', 'beforeAnswer', slowly('other phase', 0));
      await bus.run('thing.happened', 'beforeCommit', { thing: 'a' }, NO_MANAGER);
      expect(log).toEqual(['slow', 'quick']);
    });

    it('throws the first failure, and runs nothing after it', async () => {
      bus.on('thing.happened', 'beforeAnswer', () => Promise.reject(new Error('first')));
      bus.on('thing.happened', 'beforeAnswer', slowly('second', 0));
      await expect(bus.run('thing.happened', 'beforeAnswer', { thing: 'a' }, {})).rejects.toThrow('first');
      expect(log).toEqual([]);
    });

    it('runs handlers that are not asynchronous, and throws what they throw', async () => {
      bus.on('thing.happened', 'beforeAnswer', ({ thing }) => {
        throw new Error(thing);
      });
      await expect(bus.run('thing.happened', 'beforeAnswer', { thing: 'at once' }, {})).rejects.toThrow('at once');
    });

    it('delivers after it has returned, in order, once', async () => {
      bus.on('thing.happened', 'delivered', async ({ thing }) => slowly(thing, thing === 'a' ? 20 : 0)());
      bus.deliver('thing.happened', { thing: 'a' });
      bus.deliver('thing.happened', { thing: 'b' });
      log.push('returned');
      await eventually(() => log.length === 3);
      await new Promise((resolve) => setTimeout(resolve, 50));
      expect(log).toEqual(['returned', 'a', 'b']);
    });

    it('delivers to the other handlers, and the next fact, when a handler fails', async () => {
      bus.on('thing.happened', 'delivered', () => {
        throw new Error('broken');
      });
      bus.on('thing.happened', 'delivered', ({ thing }) => void log.push(thing));
      bus.deliver('thing.happened', { thing: 'a' });
      bus.deliver('thing.happened', { thing: 'b' });
      await eventually(() => log.length === 2);
      expect(log).toEqual(['a', 'b']);
    });

    it('runs no delivered handler in an awaited phase, and none where nobody listens', async () => {
      bus.on('thing.happened', 'delivered', slowly('delivered', 0));
      await bus.run('thing.happened', 'beforeCommit', { thing: 'a' }, NO_MANAGER);
      await bus.run('thing.happened', 'beforeAnswer', { thing: 'a' }, {});
      expect(log).toEqual([]);
    });
  });
};
