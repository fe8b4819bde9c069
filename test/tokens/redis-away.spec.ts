import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import { eventually } from '../kit/eventually.js';
import { PrivateRedis } from '../kit/private-redis.js';
import { openRedisStore, type RedisStoreUnderTest } from './redis-store.js';
import { adminInput, login, loginInput, pairOf, refreshInput, stateOf, verify } from './token-store-under-test.js';

const UNAVAILABLE = { code: 'service.unavailable', status: 503, headers: { 'Retry-After': '1' } };
const UNKNOWN = { ...UNAVAILABLE, code: 'request.outcome_unknown' };

describe('when Redis is away', () => {
  let server: PrivateRedis;
  let store: RedisStoreUnderTest;
  beforeAll(async () => {
    server = await PrivateRedis.start('--appendonly', 'yes', '--appendfsync', 'always');
    store = await openRedisStore({ kind: 'standalone', url: server.url });
  });
  afterAll(async () => {
    await store.close();
    await server.remove();
  });

  const isBack = async (): Promise<void> => {
    await eventually('Redis is connected again', () => store.redis.client.status === 'ready');
  };

  it('answers everything with 503, never with "unknown", and is right again once it is back', async () => {
    const userId = randomUUID();
    const issued = await login(store.tokens, userId);
    const ended = await login(store.tokens, userId);
    await store.tokens.endSession(userId, ended.session.id, 'ended');
    const asked = verify(store, issued);
    await server.kill();
    await asked.catch(() => undefined);
    const attempts = [
      () => verify(store, issued),
      () => store.tokens.issue(loginInput(userId)),
      () => store.tokens.issueAdminToken(adminInput(userId, 60)),
      () => store.tokens.sessionSecret(userId, issued.session.id, issued.session.idleExpiresAt),
      () => store.tokens.refresh(refreshInput(issued)),
      () => store.tokens.revokeToken({ userId, sessionId: issued.session.id, tokenId: issued.access.tokenId }, 'revoked'),
      () => store.tokens.endSession(userId, issued.session.id, 'ended'),
      () => store.tokens.endAll(userId, {}),
      () => store.tokens.endPlatform(userId, 'web'),
      () => store.tokens.list(userId),
      () => store.entries.read(userId),
      () => store.entries.fence(userId, 1),
      () => store.redis.inspect(),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(UNAVAILABLE);
    await server.start();
    await isBack();
    expect(await stateOf(store, issued)).toBe('live');
    expect(await stateOf(store, ended)).toBe('ended');
    expect(pairOf(await store.tokens.refresh(refreshInput(issued))).generation).toBe(2);
  });

  it('fails commands that were under way when the connection broke, and sends none of them again', async () => {
    const userId = randomUUID();
    const issued = await login(store.tokens, userId);
    server.signal('SIGSTOP');
    const asked = [verify(store, issued), store.tokens.list(userId), store.tokens.sessionSecret(userId, issued.session.id, issued.session.idleExpiresAt)];
    const written = [
      ...Array.from({ length: 5 }, () => store.tokens.issue(loginInput(userId))),
      store.tokens.issueAdminToken(adminInput(userId, 60)),
      store.tokens.refresh(refreshInput(issued)),
      store.tokens.revokeToken({ userId, sessionId: issued.session.id, tokenId: issued.access.tokenId }, 'revoked'),
      store.tokens.endSession(userId, issued.session.id, 'ended'),
      store.tokens.endPlatform(userId, 'web'),
      store.tokens.endAll(userId, {}),
    ];
    const settled = Promise.all([Promise.allSettled(asked), Promise.allSettled(written)]);
    await server.kill();
    const [reads, writes] = await settled;
    for (const result of reads) expect(result).toMatchObject({ status: 'rejected', reason: UNAVAILABLE });
    for (const result of writes) expect(result).toMatchObject({ status: 'rejected', reason: UNKNOWN });
    await server.start();
    await isBack();
    expect(await store.tokens.list(userId)).toHaveLength(1);
  });

  it('does not wait for ever for a server that does not answer', async () => {
    const userId = randomUUID();
    const issued = await login(store.tokens, userId);
    server.signal('SIGSTOP');
    const began = performance.now();
    await Promise.all([
      expect(store.entries.fence(userId, 2)).rejects.toMatchObject(UNAVAILABLE),
      expect(verify(store, issued)).rejects.toMatchObject(UNAVAILABLE),
    ]);
    expect(performance.now() - began).toBeLessThan(10_000);
    server.signal('SIGCONT');
    await eventually('Redis answers again', async () => (await stateOf(store, issued).catch(() => 'away')) === 'live');
  });

  it('knows its scripts again after a restart or a flush of scripts', async () => {
    const issued = await login(store.tokens, randomUUID());
    await store.redis.client.script('FLUSH');
    expect(await stateOf(store, issued)).toBe('live');
  });

  it('believes no cached entry of before the restart, and no marker', async () => {
    const userId = randomUUID();
    const issued = await login(store.tokens, userId);
    const first = await store.entries.read(userId);
    if (first.hit) throw new Error('a hit');
    await store.entries.fill(userId, first.marker, 1, 'before');
    expect((await verify(store, issued)) as object).toMatchObject({ entry: { hit: true, value: 'before' } });
    const other = randomUUID();
    const lease = await store.entries.read(other);
    await server.kill();
    await server.start();
    await isBack();
    expect((await verify(store, issued)) as object).toMatchObject({ state: 'live', entry: { hit: false } });
    expect(lease.hit || (await store.entries.fill(other, lease.marker, 1, 'old'))).toBe(false);
  });

  it('revokes, ends and verifies also when memory is full, and refuses to issue', async () => {
    const userId = randomUUID();
    const [one, other] = [await login(store.tokens, userId), await login(store.tokens, userId)];
    await store.redis.client.config('SET', 'maxmemory', '1');
    await expect(store.tokens.issue(loginInput(userId))).rejects.toMatchObject(UNAVAILABLE);
    expect(await stateOf(store, one)).toBe('live');
    expect(await store.tokens.revokeToken({ userId, sessionId: one.session.id, tokenId: one.access.tokenId }, 'revoked')).toBe(true);
    await store.tokens.endAll(userId, {});
    expect([await stateOf(store, one), await stateOf(store, other)]).toEqual(['revoked', 'ended']);
    await store.redis.client.config('SET', 'maxmemory', '0');
  });

  it('asks no replica, and no master that is cut off from the replicas it must have', async () => {
    const userId = randomUUID();
    const issued = await login(store.tokens, userId);
    await store.redis.client.config('SET', 'min-replicas-to-write', '1');
    await expect(verify(store, issued)).rejects.toMatchObject(UNAVAILABLE);
    await store.redis.client.config('SET', 'min-replicas-to-write', '0');
    expect(await stateOf(store, issued)).toBe('live');
  });

  it('says what readiness must know', async () => {
    expect(await store.redis.inspect()).toEqual([
      { version: expect.stringMatching(/^\d+\.\d+\.\d+$/), isSupported: true, evictionPolicy: 'noeviction', appendOnly: true, usedBytes: expect.any(Number), maxBytes: 0, writeRefusal: null },
    ]);
  });

  it('starts without a server, and connects once there is one', async () => {
    await server.kill();
    const late = RedisConnection.create({ kind: 'standalone', url: server.url });
    await late.connect();
    await expect(late.inspect()).rejects.toMatchObject(UNAVAILABLE);
    await server.start();
    await eventually('Redis is connected at last', () => late.client.status === 'ready');
    expect(await late.inspect()).toHaveLength(1);
    late.close();
  });
});
