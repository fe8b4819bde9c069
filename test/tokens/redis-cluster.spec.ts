import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Redis, type Cluster } from 'ioredis';
import { PrivateRedis, startCluster } from '../kit/private-redis.js';
import { bePatient, openRedisStore, type RedisStoreUnderTest } from './redis-store.js';
import { describeTokenRepository } from './token-repository.contract.js';
import { adminInput, login, pairOf, refreshInput, stateOf, times, verify } from './token-store-under-test.js';

let nodes: readonly PrivateRedis[];
const open = async (): Promise<RedisStoreUnderTest> =>
  bePatient(await openRedisStore({ kind: 'cluster', nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })), options: { tls: false } }));

beforeAll(async () => { nodes = await startCluster(); });
afterAll(() => Promise.all(nodes.map((node) => node.remove())));

// The whole contract: every script works unchanged where the keys are spread over three masters.
describeTokenRepository('Redis Cluster', async () => {
  const store = await open();
  await Promise.all((store.redis.client as Cluster).nodes('master').map((node) => node.flushall()));
  return store;
});

describe('Redis Cluster while a slot is on the move', () => {
  let store: RedisStoreUnderTest;
  let masters: readonly Redis[];
  beforeAll(async () => {
    store = await open();
    masters = nodes.map(({ port }) => new Redis(port, '127.0.0.1'));
  });
  afterAll(async () => {
    masters.forEach((client) => client.disconnect());
    await store.close();
  });

  /** Takes a slot to another master, stopping after the steps `until` names. */
  async function startMove(userId: string): Promise<{ moveKeys(prefix: string): Promise<void>; finish(): Promise<void> }> {
    const cluster = store.redis.client as Cluster;
    const slot = Number(await cluster.cluster('KEYSLOT', store.entries.key(userId)));
    const ids = await Promise.all(masters.map(async (client) => String(await client.cluster('MYID'))));
    const slots = await masters[0]!.cluster('SLOTS');
    const owner = slots.find(([first, last]) => first <= slot && slot <= last)![2]![2];
    const from = ids.indexOf(owner);
    const to = (from + 1) % 3;
    await masters[to]!.call('CLUSTER', 'SETSLOT', slot, 'IMPORTING', ids[from]!);
    await masters[from]!.call('CLUSTER', 'SETSLOT', slot, 'MIGRATING', ids[to]!);
    const moveKeys = async (prefix: string): Promise<void> => {
      for (const key of await masters[from]!.cluster('GETKEYSINSLOT', slot, 1_000)) {
        if (key.startsWith(prefix)) await masters[from]!.call('MIGRATE', '127.0.0.1', nodes[to]!.port, key, 0, 5_000);
      }
    };
    const finish = async (): Promise<void> => {
      await moveKeys('');
      for (const i of [to, from, 0, 1, 2]) await masters[i]!.call('CLUSTER', 'SETSLOT', slot, 'NODE', ids[to]!);
    };
    return { moveKeys, finish };
  }

  const UNAVAILABLE = { code: 'service.unavailable', status: 503 };

  it('verifies what is all on one side, and is unavailable rather than wrong where it is on both', async () => {
    const userId = randomUUID();
    const issued = await login(store.tokens, userId);
    await store.entries.read(userId);
    const move = await startMove(userId);
    expect(await stateOf(store, issued)).toBe('live');
    await move.moveKeys('us:');
    expect(await verify(store, issued)).toMatchObject({ state: 'live' });
    await move.moveKeys('ep:');
    await expect(verify(store, issued)).rejects.toMatchObject(UNAVAILABLE);
    await move.moveKeys('tk:');
    await move.moveKeys('ss:');
    expect(await stateOf(store, issued)).toBe('live');
    await move.finish();
    expect(await stateOf(store, issued)).toBe('live');
  });

  it.each(['ep:', 'ix:', 'ss:', 'tk:'])('does every write wholly or not at all when only %s keys have moved', async (prefix) => {
    const userId = randomUUID();
    const issued = await login(store.tokens, userId);
    const other = await store.tokens.issueAdminToken(adminInput(userId, 600));
    const move = await startMove(userId);
    await move.moveKeys(prefix);
    const attempts = [
      () => login(store.tokens, userId),
      () => store.tokens.issueAdminToken(adminInput(userId, 60)),
      () => store.tokens.refresh(refreshInput(issued)),
      () => store.tokens.endSession(userId, issued.session.id, 'ended'),
      () => store.tokens.endAll(userId, {}),
      () => store.tokens.endPlatform(userId, 'web'),
      () => store.tokens.list(userId),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject(UNAVAILABLE);
    await move.finish();
    expect(await Promise.all([issued, other].map((grant) => stateOf(store, grant)))).toEqual(['live', 'live']);
    expect(await store.tokens.list(userId)).toHaveLength(2);
    expect(pairOf(await store.tokens.refresh(refreshInput(issued))).generation).toBe(2);
    await store.tokens.endAll(userId, {});
    expect(await Promise.all([issued, other].map((grant) => stateOf(store, grant)))).toEqual(['ended', 'ended']);
    expect(await store.countWithoutExpiry()).toBe(0);
  });

  it('spreads users over the masters and keeps each user in one slot', async () => {
    await times(30, () => login(store.tokens, randomUUID()));
    const counts = await Promise.all(masters.map((client) => client.dbsize()));
    expect(counts.every((count) => count > 0)).toBe(true);
  });
});
