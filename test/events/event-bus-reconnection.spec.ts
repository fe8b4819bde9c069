import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import { RedisEventBus } from '../../src/kernel/events/redis-event-bus.js';

const INFO = '# Server\r\nredis_version:7.0.15\r\nloading:0\r\n';
const bulk = (text: string): string => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;

let server: Server;
let subscriptions: number;
const open = new Set<Socket>();
const rejections: unknown[] = [];
const keep = (reason: unknown): void => void rejections.push(reason);

/** As much of a Redis as a client needs to get ready; it accepts the first subscription, and hangs up on every later one. */
const answer = (socket: Socket, command: string): void => {
  if (/subscribe/i.test(command)) {
    subscriptions += 1;
    if (subscriptions > 1) socket.destroy();
    else socket.write('*3\r\n$9\r\nsubscribe\r\n$17\r\nlikeness:events:0\r\n:1\r\n', () => setTimeout(() => socket.destroy(), 20));
  } else socket.write(/\binfo\b/i.test(command) ? bulk(INFO) : '+OK\r\n');
};

beforeAll(() => Logger.overrideLogger(false));

beforeEach(async () => {
  subscriptions = 0;
  rejections.length = 0;
  process.on('unhandledRejection', keep);
  server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => open.delete(socket));
    // The client writes several commands at once; each begins with its own `*`.
    socket.on('data', (data) => String(data).split(/(?=^\*\d)/m).forEach((command) => answer(socket, command)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  process.off('unhandledRejection', keep);
  for (const socket of open) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
});

it('a connection that breaks while it subscribes again ends nothing but itself', async () => {
  const redis = RedisConnection.create({ kind: 'standalone', url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}/0` });
  const bus = new RedisEventBus(null as never, null as never, { instanceName: null }, redis);
  await bus.onModuleInit();
  for (const deadline = Date.now() + 10_000; subscriptions < 4 && Date.now() < deadline; ) await sleep(20);
  await bus.onModuleDestroy();
  redis.close();
  await sleep(50);
  expect(subscriptions).toBeGreaterThanOrEqual(4);
  expect(rejections).toEqual([]);
});
