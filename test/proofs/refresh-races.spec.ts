import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { testRedis } from '../kit/redis.js';
import { PrivateRedis, startCluster } from '../kit/private-redis.js';
import { openPostgresStore } from '../tokens/postgres-store.js';
import { bePatient, openRedisStore } from '../tokens/redis-store.js';
import { login, pairOf, POLICY, refreshInput, stateOf, times, type Issued, type TokenStoreUnderTest } from '../tokens/token-store-under-test.js';
import { inLanes, PROOF_TIMEOUT_MS, scaled, tell } from './scale.js';

const SUCCESSIONS = scaled(1_000);
const RACES = scaled(10_000);

/** Whatever ends a session while it is being refreshed, and what its holder is told after. */
const ENDS: readonly { readonly name: string; readonly told: string; readonly end: (store: TokenStoreUnderTest, issued: Issued) => Promise<unknown> }[] = [
  { name: 'logout-all, or a disabled account', told: 'ended', end: ({ tokens }, { session }) => tokens.endAll(session.userId, {}) },
  { name: 'the end of this session', told: 'ended', end: ({ tokens }, { session }) => tokens.endSession(session.userId, session.id, 'ended') },
  { name: 'a login that takes its place', told: 'evicted', end: ({ tokens }, { session }) => login(tokens, session.userId, { policy: POLICY('single') }) },
  {
    name: 'a changed password, with another session kept',
    told: 'ended',
    end: async ({ tokens }, { session }) => {
      const kept = await login(tokens, session.userId);
      await tokens.endAll(session.userId, { keep: { sessionId: kept.session.id, userEpoch: 2 } });
    },
  },
];

const SHAPES: readonly { readonly name: string; readonly lanes: number; readonly open: () => Promise<TokenStoreUnderTest> }[] = [
  {
    name: 'Redis', lanes: 16,
    open: async () => {
      const own = await testRedis();
      const store = bePatient(await openRedisStore({ kind: 'standalone', url: own.url }));
      return { ...store, close: async () => { await store.close(); await own.close(); } };
    },
  },
  {
    name: 'Redis Cluster with replicas', lanes: 16,
    open: async () => {
      const nodes: readonly PrivateRedis[] = await startCluster({ replicas: 1 });
      const store = bePatient(await openRedisStore({ kind: 'cluster', nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })), options: { tls: false } }));
      return { ...store, close: async () => { await store.close(); await Promise.all(nodes.map((node) => node.remove())); } };
    },
  },
  { name: 'PostgreSQL', lanes: 8, open: () => openPostgresStore() },
];

/** The rarest interleavings come when neither side is always sent first. */
const inEitherOrder = async <A, B>(isSwapped: boolean, one: () => Promise<A>, other: () => Promise<B>): Promise<A> => {
  if (!isSwapped) return (await Promise.all([one(), other()]))[0];
  return (await Promise.all([other(), one()]))[1];
};

describe.each(SHAPES)('promise 2 on $name', ({ name, lanes, open }) => {
  it(`gives one successor to 64 parallel refreshes of one token, ${SUCCESSIONS} times over, and ends no family wrongly`, async () => {
    const store = await open();
    try {
      await inLanes(`refreshed 64 times on ${name}`, SUCCESSIONS, Math.min(4, lanes), async () => {
        const issued = await login(store.tokens, randomUUID());
        const results = await times(64, () => store.tokens.refresh(refreshInput(issued)));
        expect(results.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
        const pairs = results.map((result) => JSON.stringify({ ...pairOf(result), outcome: '' }));
        expect(new Set(pairs).size).toBe(1);
        expect(await stateOf(store, pairOf(results[0]!))).toBe('live');
        expect(await store.tokens.list(issued.session.userId)).toHaveLength(1);
      });
    } finally {
      await store.close();
    }
  }, PROOF_TIMEOUT_MS);

  it(`lets no refresh survive an end that it races with, ${RACES} times over`, async () => {
    const store = await open();
    let rotations = 0;
    try {
      await inLanes(`races on ${name}`, RACES, lanes, async (index) => {
        const { told, end, name: what } = ENDS[index % ENDS.length]!;
        const issued = await login(store.tokens, randomUUID());
        const result = await inEitherOrder(index % 8 >= 4, () => store.tokens.refresh(refreshInput(issued)), () => end(store, issued));
        if (result.outcome === 'rotated') rotations += 1;
        else expect({ what, result }).toEqual({ what, result: { outcome: 'refused', state: told } });
        const grants = [issued, ...(result.outcome === 'rotated' ? [result] : [])];
        expect({ what, states: await Promise.all(grants.map((grant) => stateOf(store, grant))) }).toEqual({ what, states: grants.map(() => told) });
        const again = refreshInput(issued, { generation: result.outcome === 'rotated' ? result.generation : 1 });
        expect({ what, again: await store.tokens.refresh(again) }).toEqual({ what, again: { outcome: 'refused', state: told } });
      });
      tell(`${RACES} races on ${name}: the refresh came first in ${rotations}, last in ${RACES - rotations}`);
    } finally {
      await store.close();
    }
  }, PROOF_TIMEOUT_MS);
});
