import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LimitRoom } from '../../src/kernel/limits/index.js';
import { RedisTokenAudit } from '../../src/modules/auth/audit/redis-token-audit.js';
import type { Rotation, RotateInput, SeenSession } from '../../src/modules/auth/tokens/index.js';
import { startCluster } from '../kit/private-redis.js';
import { testRedis } from '../kit/redis.js';
import { bePatient, openRedisStore, type RedisStoreUnderTest } from './redis-store.js';
import { login, pairOf, reach, refreshInput, stateOf, times, type Issued } from './token-store-under-test.js';

const NO_LIMIT = new LimitRoom([], () => undefined);

const STORES = [
  {
    name: 'one server',
    open: async (): Promise<RedisStoreUnderTest> => {
      const own = await testRedis();
      const store = bePatient(await openRedisStore({ kind: 'standalone', url: own.url }));
      return { ...store, close: async () => { await store.close(); await own.close(); } };
    },
  },
  {
    name: 'a cluster',
    open: async (): Promise<RedisStoreUnderTest> => {
      const nodes = await startCluster();
      const store = bePatient(await openRedisStore({ kind: 'cluster', nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })), options: { tls: false } }));
      return { ...store, close: async () => { await store.close(); await Promise.all(nodes.map((node) => node.remove())); } };
    },
  },
];

describe.each(STORES)('a rotation in one step, on $name', ({ open }) => {
  let store: RedisStoreUnderTest;
  beforeAll(async () => { store = await open(); });
  afterAll(() => store.close());

  /** Puts a user in the cache, as a reader does who met a miss. */
  const cache = async (userId: string, version = 1): Promise<void> => {
    const read = await store.entries.read(userId);
    if (!read.hit) expect(await store.entries.fill(userId, read.marker, version, `{"version":${version},"name":"Ünïcode"}`)).toBe(true);
  };
  const seenOf = async ({ session }: Issued): Promise<SeenSession> => {
    const secret = await store.tokens.sessionSecret(session.userId, session.id, session.idleExpiresAt);
    if (secret.state !== 'live') throw new Error(secret.state);
    return { userId: session.userId, sessionId: session.id, salt: secret.salt, userEpoch: secret.userEpoch, entryStamp: secret.entry?.hit ? secret.entry.stamp : '' };
  };
  const signedIn = async (): Promise<{ issued: Issued; seen: SeenSession }> => {
    const userId = randomUUID();
    await cache(userId);
    const issued = await login(store.tokens, userId);
    return { issued, seen: await seenOf(issued) };
  };
  const rotate = (issued: Issued, seen: SeenSession, overrides: Partial<RotateInput> = {}): Promise<Rotation | null> => {
    const { salt: _salt, userId: _userId, sessionId: _sessionId, graceSeconds: _grace, ...input } = refreshInput(issued);
    return store.tokens.rotate({ ...input, seen, room: NO_LIMIT, ...overrides });
  };

  it('sees the user’s entry with the secret, as the cache would give it', async () => {
    const userId = randomUUID();
    const issued = await login(store.tokens, userId);
    const look = () => store.tokens.sessionSecret(userId, issued.session.id, issued.session.idleExpiresAt);
    expect(await look()).toMatchObject({ entry: { hit: false, marker: expect.stringMatching(/^[\w-]{22}$/) } });
    await cache(userId);
    expect(await look()).toMatchObject({ entry: { hit: true, value: '{"version":1,"name":"Ünïcode"}', stamp: expect.stringMatching(/^V.{102}1\|1\|test\|$/) } });
  });

  it('does what the table does with the current generation', async () => {
    const { issued, seen } = await signedIn();
    const newTokenId = randomUUID();
    const rotation = await rotate(issued, seen, { newTokenId, idleTtlSeconds: 1_800, client: { ipAddress: null, userAgent: 'tëst/3' } });
    expect(rotation).toMatchObject({ generation: 2, access: { tokenId: newTokenId } });
    const { issuedAt, expiresAt } = rotation!.access;
    expect(expiresAt - issuedAt).toBe(900);
    expect(await stateOf(store, { session: issued.session, access: rotation!.access })).toBe('live');
    expect(await store.tokens.list(issued.session.userId)).toEqual([
      { ...issued.session, lastSeenAt: issuedAt, idleExpiresAt: issuedAt + 1_800, ipAddress: null, userAgent: 'tëst/3' },
    ]);
    // The table knows it: the same pair again, and the next one.
    expect(pairOf(await store.tokens.refresh(refreshInput(issued)))).toMatchObject({ outcome: 'replayed', generation: 2, access: rotation!.access });
    expect(pairOf(await store.tokens.refresh(refreshInput(issued, { generation: 2 }))).generation).toBe(3);
    expect((await rotate(issued, seen, { generation: 3 }))?.generation).toBe(4);
  });

  it('touches nothing where anything is otherwise than it was seen', async () => {
    const { issued, seen } = await signedIn();
    const { userId, id: sessionId } = issued.session;
    const otherwise: Record<string, Partial<RotateInput>> = {
      'a generation never given out': { generation: 2 },
      'another salt': { seen: { ...seen, salt: 'AAAAAAAAAAAAAAAAAAAAAA' } },
      'another user epoch': { seen: { ...seen, userEpoch: seen.userEpoch + 1 } },
      'another session': { seen: { ...seen, sessionId: randomUUID() } },
      'another user': { seen: { ...seen, userId: randomUUID() } },
      'another version': { seen: { ...seen, entryStamp: seen.entryStamp.replace('1|1|test|', '2|1|test|') } },
      'another generation of the cache': { seen: { ...seen, entryStamp: seen.entryStamp.replace('|test|', '|older|') } },
      'a value of another server': { seen: { ...seen, entryStamp: `V${'0'.repeat(80)}${seen.entryStamp.slice(81)}` } },
      'a lease': { seen: { ...seen, entryStamp: `L${seen.entryStamp.slice(1)}` } },
    };
    for (const [what, overrides] of Object.entries(otherwise)) expect([what, await rotate(issued, seen, overrides)]).toEqual([what, null]);
    expect(await store.tokens.list(userId)).toEqual([issued.session]);
    expect((await rotate(issued, seen))?.generation).toBe(2);
    expect([await rotate(issued, seen), (await store.tokens.list(userId)).length, sessionId]).toEqual([null, 1, seen.sessionId]);
  });

  it('believes no entry that an older file, or a promoted replica, brought back', async () => {
    const { issued, seen } = await signedIn();
    // What another server wrote is there byte for byte, and its stamp is the one that was seen.
    const key = store.entries.key(issued.session.userId);
    const elsewhere = `V${'0'.repeat(80)}${seen.entryStamp.slice(81)}`;
    await store.redis.client.set(key, `${elsewhere}{}`, 'PX', 60_000);
    expect(await rotate(issued, { ...seen, entryStamp: elsewhere })).toBeNull();
  });

  it('takes no entry of a generation that the cache has left behind', async () => {
    const { issued, seen } = await signedIn();
    try {
      store.entries.bind({ schema: 1, generation: 'raised' });
      expect(await rotate(issued, seen)).toBeNull();
    } finally {
      store.entries.bind({ schema: 1, generation: 'test' });
    }
    expect(await rotate(issued, seen)).not.toBeNull();
  });

  it.each([
    ['the user changed', (_issued: Issued, userId: string) => store.entries.fence(userId, 2)],
    ['the user changed, and was read again', async (_issued: Issued, userId: string) => { await store.entries.fence(userId, 2); await cache(userId, 2); }],
    ['all sessions ended', (_issued: Issued, userId: string) => store.tokens.endAll(userId, {})],
    ['the session ended', ({ session }: Issued, userId: string) => store.tokens.endSession(userId, session.id, 'ended')],
    ['the session was kept under a new epoch', ({ session }: Issued, userId: string) => store.tokens.endAll(userId, { keep: { sessionId: session.id, userEpoch: 2 } })],
    ['somebody else rotated', (issued: Issued) => store.tokens.refresh(refreshInput(issued))],
  ])('does nothing once %s', async (_what, change) => {
    const { issued, seen } = await signedIn();
    await change(issued, issued.session.userId);
    const before = await store.tokens.list(issued.session.userId);
    expect(await rotate(issued, seen)).toBeNull();
    expect(await store.tokens.list(issued.session.userId)).toEqual(before);
  });

  it('does nothing once the idle end has come', async () => {
    const userId = randomUUID();
    await cache(userId);
    const issued = await login(store.tokens, userId, { idleTtlSeconds: 1 });
    const seen = await seenOf(issued);
    await reach(store, issued.session.idleExpiresAt * 1_000);
    expect(await rotate(issued, seen)).toBeNull();
  });

  it('gives one successor to 64 at once, whether they go this way or by the table', async () => {
    const { issued, seen } = await signedIn();
    const results = await times(64, async (index) => (index % 2 === 0 ? rotate(issued, seen) : pairOf(await store.tokens.refresh(refreshInput(issued)))));
    const pairs = results.filter((result) => result !== null);
    expect(new Set(pairs.map(({ access, generation }) => JSON.stringify([access, generation])))).toHaveProperty('size', 1);
    expect(await store.tokens.list(issued.session.userId)).toHaveLength(1);
  });

  it('never survives an end that it races with', async () => {
    for (let race = 0; race < 200; race += 1) {
      const { issued, seen } = await signedIn();
      const [rotation] = await Promise.all([rotate(issued, seen), store.tokens.endAll(issued.session.userId, {})]);
      if (rotation) expect(await stateOf(store, { session: issued.session, access: rotation.access })).toBe('ended');
      expect(await rotate(issued, seen, { generation: rotation ? 2 : 1 })).toBeNull();
    }
  });

  it('leaves records in which an audit finds no fault, each with an expiry', async () => {
    const { issued, seen } = await signedIn();
    for (let generation = 1; generation <= 40; generation += 1) expect((await rotate(issued, seen, { generation }))?.generation).toBe(generation + 1);
    expect((await new RedisTokenAudit(store.redis).run(() => undefined)).findings).toEqual([]);
    expect(await store.countWithoutExpiry()).toBe(0);
  });
});
