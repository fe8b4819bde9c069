import { beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { DeliveryQueue } from './delivery-queue.js';
import { EventHandlers } from './event-handlers.js';
import type { Event, EventName } from './event-map.js';

const NAME = 'user.changed' as EventName;
const fact = (version: number): Event => ({ name: NAME, payload: { version } }) as unknown as Event;

describe('the delivery queue', () => {
  beforeAll(() => Logger.overrideLogger(false));

  it('drops what comes when too much waits, and goes on', async () => {
    const handlers = new EventHandlers();
    const heard: number[] = [];
    handlers.add(NAME, 'delivered', (payload: unknown) => void heard.push((payload as { version: number }).version));
    const queue = new DeliveryQueue(handlers, 3);
    for (let version = 1; version <= 5; version += 1) queue.push(fact(version));
    await queue.idle();
    queue.push(fact(6));
    await queue.idle();
    expect(heard).toEqual([1, 2, 3, 6]);
  });

  it('does not wait for ever for a handler', async () => {
    const handlers = new EventHandlers();
    const heard: number[] = [];
    handlers.add(NAME, 'delivered', () => new Promise<void>(() => undefined));
    handlers.add(NAME, 'delivered', (payload: unknown) => void heard.push((payload as { version: number }).version));
    const queue = new DeliveryQueue(handlers, 10, 20);
    queue.push(fact(1));
    await queue.idle();
    expect(heard).toEqual([1]);
  });
});
