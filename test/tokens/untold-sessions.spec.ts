import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import type { Redis } from 'ioredis';
import type { EndedSession, EndedSessions } from '../../src/modules/auth/tokens/ended-sessions.js';
import { RedisTokenRepository } from '../../src/modules/auth/tokens/redis-token.repository.js';
import { UntoldSessions } from '../../src/modules/auth/tokens/untold-sessions.js';
import { eventually } from '../kit/eventually.js';
import { testRedis, type TestRedis } from '../kit/redis.js';
import { bePatient, openRedisStore, type RedisStoreUnderTest } from './redis-store.js';
import { login, reach } from './token-store-under-test.js';

describe('ends of sessions that Redis decided', () => {
  let own: TestRedis;
  let store: RedisStoreUnderTest;
  let told: string[];
  /** Throws where a test wants the database away. */
  let failing = false;
  let refused = 0;
  const running: UntoldSessions[] = [];
  const teller = (isServing = true): UntoldSessions => {
    const ends = {
      tell: async (sessions: readonly EndedSession[]) => {
        if (failing) {
          refused += 1;
          throw new Error('away');
        }
        told.push(...sessions.map(({ sessionId }) => sessionId));
      },
    } as unknown as EndedSessions;
    const untold = new UntoldSessions(store.redis, ends, { httpAdapter: isServing ? {} : undefined } as never);
    running.push(untold);
    return untold;
  };
  const until = (holds: () => boolean | Promise<boolean>): Promise<boolean> => eventually('the sessions are told of', holds);

  beforeAll(async () => {
    Logger.overrideLogger(false);
    own = await testRedis();
    store = bePatient(await openRedisStore({ kind: 'standalone', url: own.url }));
  });
  afterAll(async () => {
    await store.close();
    await own.close();
  });
  afterEach(async () => {
    failing = false;
    for (const untold of running.splice(0)) await untold.onModuleDestroy();
    await own.flush();
  });

  const withTeller = (untold: UntoldSessions): RedisTokenRepository => new RedisTokenRepository(store.redis, store.entries, 0, (userId) => untold.note(userId));

  it('are told at once, and nothing is left of them then', async () => {
    told = [];
    const [userId, tokens] = [randomUUID(), withTeller(teller())];
    const issued = await login(tokens, userId);
    await tokens.endSession(userId, issued.session.id, 'ended');
    await until(() => told.length === 1);
    await until(async () => (await store.toldOf(userId)).length === 0);
    expect(told).toEqual([issued.session.id]);
  });

  it('are told by the next process when the one that ended them died before it could', async () => {
    told = [];
    const ended = [];
    for (let count = 0; count < 3; count += 1) {
      const userId = randomUUID();
      const issued = await login(store.tokens, userId); // nobody there who would tell
      await store.tokens.endSession(userId, issued.session.id, 'ended');
      ended.push(issued.session.id);
    }
    teller(false).onApplicationBootstrap();
    const next = teller();
    next.onApplicationBootstrap();
    await until(() => told.length === 3);
    expect([...told].sort()).toEqual(ended.sort());
  });

  it('are told later when the database is away, and none twice by the same process', async () => {
    told = [];
    [failing, refused] = [true, 0];
    const untold = teller();
    untold.onApplicationBootstrap();
    const [userId, tokens] = [randomUUID(), withTeller(untold)];
    const [first, second] = [await login(tokens, userId), await login(tokens, userId)];
    await tokens.endSession(userId, first.session.id, 'ended');
    await until(() => refused > 0);
    failing = false;
    await tokens.endSession(userId, second.session.id, 'ended');
    await until(() => told.length === 2);
    await until(async () => (await (store.redis.client as Redis).keys('ut:*')).length === 0);
    expect([...told].sort()).toEqual([first.session.id, second.session.id].sort());
  });

  it('keep nothing in Redis beyond the life that the session would have had', async () => {
    const userId = randomUUID();
    const life = { accessTtlSeconds: 2, idleTtlSeconds: 2, maxTtlSeconds: 2 };
    const [short, long] = [await login(store.tokens, userId, { accessTtlSeconds: 1, idleTtlSeconds: 1, maxTtlSeconds: 1 }), await login(store.tokens, userId, life)];
    for (const { session } of [long, short]) await store.tokens.endSession(userId, session.id, 'ended');
    const client = store.redis.client as Redis;
    const [key] = await client.keys('ut:*');
    expect(await client.pexpiretime(key!)).toBe(long.session.expiresAt * 1_000);
    expect(await store.countWithoutExpiry()).toBe(0);
    await reach(store, long.session.expiresAt * 1_000 + 20);
    expect(await store.countLeft()).toBe(0);
  });
});
