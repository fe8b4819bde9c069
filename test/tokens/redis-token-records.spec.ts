import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import type { RedisConnection } from '../../src/kernel/cache/index.js';
import { RedisTokenKeys } from '../../src/modules/auth/tokens/redis-token-keys.js';
import { RedisTokenRepository } from '../../src/modules/auth/tokens/redis-token.repository.js';
import { TOKEN_SCRIPTS } from '../../src/modules/auth/tokens/redis-token-scripts.js';
import { testRedis, type TestRedis } from '../kit/redis.js';
import { PrivateRedis } from '../kit/private-redis.js';
import { bePatient, openRedisStore, type RedisStoreUnderTest } from './redis-store.js';
import { adminInput, login, loginInput, POLICY, reach, refreshInput, stateOf, times, verify, type Issued } from './token-store-under-test.js';

/** What the contract cannot see: the records themselves (`scripts/records.lua`). */
describe('token records in Redis', () => {
  let own: TestRedis;
  let store: RedisStoreUnderTest;
  let client: Redis;
  let userId: string;
  let keys: RedisTokenKeys;
  beforeAll(async () => {
    own = await testRedis();
    store = bePatient(await openRedisStore({ kind: 'standalone', url: own.url }));
    client = store.redis.client as Redis;
  });
  beforeEach(async () => {
    await own.flush();
    userId = randomUUID();
    keys = new RedisTokenKeys(userId);
  });
  afterAll(async () => {
    await store.close();
    await own.close();
  });

  const expiryOf = (key: string): Promise<number> => client.call('PEXPIRETIME', key) as Promise<number>;
  const recordsOf = ({ session, access }: Pick<Issued, 'session' | 'access'>): [string, string] => [keys.session(session.id), keys.token(access.tokenId)];

  it('expire at the very millisecond that the token’s exp says', async () => {
    const { access, session } = await login(store.tokens, userId);
    expect(await expiryOf(keys.token(access.tokenId))).toBe(access.expiresAt * 1_000);
    expect(await expiryOf(keys.session(session.id))).toBe(session.idleExpiresAt * 1_000);
    for (const key of [keys.index, keys.epoch]) expect(await expiryOf(key)).toBe(session.idleExpiresAt * 1_000);
  });

  it.each<[string, (issued: Issued) => Promise<unknown>]>([
    ['revoked', ({ session, access }) => store.tokens.revokeToken({ userId, sessionId: session.id, tokenId: access.tokenId }, 'revoked')],
    ['evicted', () => login(store.tokens, userId, { policy: POLICY('single') })],
    ['ended', ({ session }) => store.tokens.endSession(userId, session.id, 'ended')],
    ['ended', () => store.tokens.endAll(userId, {})],
    ['reused', (issued) => store.tokens.refresh(refreshInput(issued, { generation: 0 }))],
  ])('keep their expiry when they are %s', async (state, end) => {
    const issued = await login(store.tokens, userId);
    const before = await Promise.all(recordsOf(issued).map(expiryOf));
    await end(issued);
    expect(await stateOf(store, issued)).toBe(state);
    expect(await Promise.all(recordsOf(issued).map(expiryOf))).toEqual(before);
  });

  it('forget whose device it was when a session ends', async () => {
    const { session } = await login(store.tokens, userId);
    expect(await client.hmget(keys.session(session.id), 'd', 'a', 'u')).not.toContain(null);
    await store.tokens.endSession(userId, session.id, 'ended');
    expect(await client.hmget(keys.session(session.id), 'd', 'a', 'u')).toEqual([null, null, null]);
  });

  it('hold nothing that a token could be made of but the session’s salt', async () => {
    await login(store.tokens, userId);
    const [session] = await client.keys('ss:*');
    expect(Object.keys(await client.hgetall(session!)).sort()).toEqual(
      ['a', 'c', 'd', 'e', 'g', 'h', 'i', 'j', 'ja', 'jx', 'l', 'm', 'p', 'q', 's', 'st', 't', 'u', 'ue', 'x'],
    );
  });

  it('are the authority, not the index: what it forgot is ended all the same, what it invents counts for nothing', async () => {
    const issued = await login(store.tokens, userId);
    await client.del(keys.index);
    expect(await stateOf(store, issued)).toBe('live');
    await store.tokens.endAll(userId, {});
    expect(await stateOf(store, issued)).toBe('ended');
    await client.zadd(keys.index, Date.now() + 60_000, 'AAAAAAAAAAAAAAAAAAAAAAw1');
    expect((await store.tokens.issue(loginInput(userId, { policy: POLICY('single', 'deny') }))).outcome).toBe('issued');
    expect(await store.tokens.list(userId)).toHaveLength(1);
    expect(await store.countWithoutExpiry()).toBe(0);
  });

  it('of the dead are at most 100, and their tokens go with them', async () => {
    for (let i = 0; i < 130; i += 1) await login(store.tokens, userId, { policy: POLICY('single') });
    expect(await client.zcard(keys.dead)).toBe(100);
    expect(await client.keys('ss:*')).toHaveLength(101);
    expect(await client.keys('tk:*')).toHaveLength(101);
    const all = await times(50, () => login(store.tokens, userId));
    await Promise.all(all.map(({ session, access }) => store.tokens.revokeToken({ userId, sessionId: session.id, tokenId: access.tokenId }, 'revoked')));
    expect(await client.zcard(keys.dead)).toBe(100);
    await store.tokens.endAll(userId, {});
    expect(await client.zcard(keys.dead)).toBe(100);
    expect(await client.zcard(keys.index)).toBe(0);
  });

  it('are answered whole when a session is refreshed in its last moment, and gone after', async () => {
    // A store so slow that the session's end comes while the script runs.
    const slow = TOKEN_SCRIPTS.refresh.source.replace('local ends = tonumber(f.x)', (line) => `while store_time() < tonumber(f.x) * 1000 do end\n${line}`);
    const run: RedisConnection['write'] = (_script, names, args) => client.eval(slow, names.length, ...names, ...args);
    const tokens = new RedisTokenRepository({ run, write: run } as RedisConnection, store.entries);
    const issued = await login(store.tokens, userId, { accessTtlSeconds: 2, idleTtlSeconds: 2, maxTtlSeconds: 2 });
    await reach(store, issued.session.expiresAt * 1_000 - 500);
    expect(await tokens.refresh(refreshInput(issued))).toMatchObject({ outcome: 'rotated', session: { id: issued.session.id, expiresAt: issued.session.expiresAt } });
    expect(await client.keys('*')).toEqual([]);
  });

  it('are verified without the cached entry of a generation before, by who has presented them before too', async () => {
    const { access, session } = await login(store.tokens, userId);
    const ref = { userId, sessionId: session.id, tokenId: access.tokenId, expiresAt: access.expiresAt };
    const first = await store.tokens.verify(ref);
    if (first.state !== 'live' || !first.entry || first.entry.hit) throw new Error('no marker');
    await store.entries.fill(userId, first.entry.marker, 1, 'before the restore');
    store.entries.bind({ schema: 1, generation: 'raised' });
    try {
      for (let turn = 0; turn < 2; turn += 1) expect(await store.tokens.verify(ref)).toMatchObject({ state: 'live', entry: { hit: false, marker: expect.stringMatching(/^[\w-]{22}$/) } });
    } finally {
      store.entries.bind({ schema: 1, generation: 'test' });
    }
  });

  it('are verified in one round trip, with the cached entry, whether the user has one token or a thousand', async () => {
    // Counted by the server, so one of its own.
    const server = await PrivateRedis.start();
    const alone = bePatient(await openRedisStore({ kind: 'standalone', url: server.url }));
    const issued = await login(alone.tokens, userId);
    const read = await alone.entries.read(userId);
    if (read.hit) throw new Error('a hit');
    await alone.entries.fill(userId, read.marker, 1, 'the entry');
    await verify(alone, issued);
    const commandsOfOneVerify = async (): Promise<string[]> => {
      await (alone.redis.client as Redis).config('RESETSTAT');
      expect(await verify(alone, issued)).toMatchObject({ state: 'live', entry: { hit: true, value: 'the entry' } });
      const stats = await alone.redis.client.info('commandstats');
      return [...stats.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)].map(([, name, calls]) => `${name} ${calls}`).sort();
    };
    const first = await commandsOfOneVerify();
    expect(first).toEqual(['config|resetstat 1', 'evalsha 1', 'get 2', 'getrange 1', 'hmget 1', 'info 1', 'time 1']);
    for (let i = 0; i < 1_000; i += 1) await alone.tokens.issueAdminToken(adminInput(userId, 600));
    expect(await commandsOfOneVerify()).toEqual(first);
    await alone.close();
    await server.remove();
  });
});
