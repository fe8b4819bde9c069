import { randomUUID } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { RedisConnection, StoreScript } from '../../src/kernel/cache/index.js';
import { eventually } from '../kit/eventually.js';
import { PrivateRedis } from '../kit/private-redis.js';
import { openRedisStore } from '../tokens/redis-store.js';
import { login, stateOf } from '../tokens/token-store-under-test.js';

describe('a Redis that is too old', () => {
  it('stops the start with a clear message, and is never used', async () => {
    const info = 'redis_version:6.2.14\r\nloading:0\r\n';
    const server = createServer((socket) => {
      // The same answer to every command.
      socket.on('data', (chunk) => socket.write(`$${info.length}\r\n${info}\r\n`.repeat(String(chunk).match(/\*\d+\r\n/g)?.length ?? 0)));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const redis = RedisConnection.create({ kind: 'standalone', url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}` });
    try {
      await expect(redis.connect()).rejects.toThrow('Redis 7.0 (or Valkey 7.2) is needed, this one is 6.2.14');
      await expect(redis.run(StoreScript.load(new URL('../../src/kernel/cache/scripts/fenced-entry-read.lua', import.meta.url)), ['k'], []))
        .rejects.toMatchObject({ code: 'service.unavailable' });
    } finally {
      redis.close();
      server.close();
    }
  });
});

describe('Sentinel', () => {
  it('leads to the master, and to the promoted replica after a failover; 503 in between, never "unknown"', async () => {
    const master = await PrivateRedis.start('--repl-diskless-sync-delay', '0');
    const replica = await PrivateRedis.start('--replicaof', `127.0.0.1 ${master.port}`, '--repl-diskless-sync-delay', '0');
    const sentinel = await PrivateRedis.startSentinel('likeness', master.port);
    const store = await openRedisStore({
      kind: 'sentinel', sentinels: [{ host: '127.0.0.1', port: sentinel.port }], name: 'likeness', options: { tls: false },
    });
    try {
      const issued = await login(store.tokens, randomUUID());
      expect(await stateOf(store, issued)).toBe('live');
      const read = await store.entries.read(issued.session.userId);
      if (read.hit) throw new Error('a hit');
      await store.entries.fill(issued.session.userId, read.marker, 1, 'value');
      await replica.hasCaughtUpWith(master);
      await sentinel.knowsReplica('likeness');
      await master.kill();
      const states = new Set<string>();
      await eventually('the replica answers in its master’s place', async () => {
        const state = await stateOf(store, issued).catch((error: { code: string }) => error.code);
        states.add(state);
        return state === 'live';
      });
      expect([...states]).toEqual(['service.unavailable', 'live']);
      // What the old master cached came along with the replica, and is not believed.
      expect((await store.entries.read(issued.session.userId)).hit).toBe(false);
    } finally {
      await store.close();
      await Promise.all([master, replica, sentinel].map((server) => server.remove()));
    }
  });
});
