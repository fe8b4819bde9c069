import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Cluster, type Redis } from 'ioredis';
import { PrivateRedis, startCluster } from '../kit/private-redis.js';
import { openPostgresStore } from '../tokens/postgres-store.js';
import { bePatient, openRedisStore, type RedisStoreUnderTest } from '../tokens/redis-store.js';
import type { TokenStoreUnderTest } from '../tokens/token-store-under-test.js';
import { RandomLife } from './random-life.js';
import { Gate, inLanes, isLong, PROOF_TIMEOUT_MS, scaled, tell } from './scale.js';
import { Verdicts, type WatchedToken } from './watched-token.js';

const TOKENS_PER_USER = 12;
/** At each store; a short run spreads its tenth over the three. */
const TOKENS = isLong ? 100_000 : scaled(100_000) / 2.5;
const MAX_TTL_SECONDS = isLong ? 60 : 6;
/** Users to whom things happen at once. */
const USERS = isLong ? 150 : 100;

interface Shape {
  readonly name: string;
  readonly questionsAtOnce: number;
  readonly isOneConnection: boolean;
  readonly open: () => Promise<TokenStoreUnderTest & { readonly isEmpty: () => Promise<boolean> }>;
}

/** The size of the whole server, asked without touching any key: what is gone went by itself. */
const emptyRedis = (store: RedisStoreUnderTest): Promise<boolean> => {
  const { client } = store.redis;
  const masters: Redis[] = client instanceof Cluster ? client.nodes('master') : [client];
  return Promise.all(masters.map((node) => node.dbsize())).then((sizes) => sizes.every((size) => size === 0));
};

const standalone = async (): ReturnType<Shape['open']> => {
  const server = await PrivateRedis.start();
  const store = bePatient(await openRedisStore({ kind: 'standalone', url: server.url }));
  return { ...store, isEmpty: () => emptyRedis(store), close: async () => { await store.close(); await server.remove(); } };
};

const cluster = async (): ReturnType<Shape['open']> => {
  const nodes = await startCluster({ replicas: 1 });
  const store = bePatient(await openRedisStore({ kind: 'cluster', nodes: nodes.map(({ port }) => ({ host: '127.0.0.1', port })), options: { tls: false } }));
  return { ...store, isEmpty: () => emptyRedis(store), close: async () => { await store.close(); await Promise.all(nodes.map((node) => node.remove())); } };
};

const postgres = async (): ReturnType<Shape['open']> => {
  const store = await openPostgresStore();
  return { ...store, isEmpty: async () => (await store.countLeft()) === 0 };
};

/** The moments at which a token is looked at: in its life, just before its end, at it, just after it. */
const momentsOf = ({ access }: WatchedToken): number[] => {
  const [from, to] = [access.issuedAt * 1_000, access.expiresAt * 1_000];
  const atTheEnd = randomInt(8) === 0 ? [to - 2, to - 1, to, to + 1] : [];
  return [from + randomInt(to - from), to - 1 - randomInt(300), ...atTheEnd, to + randomInt(300)];
};

const SHAPES: readonly Shape[] = [
  { name: 'Redis', questionsAtOnce: 64, isOneConnection: true, open: standalone },
  { name: 'Redis Cluster with replicas', questionsAtOnce: 64, isOneConnection: false, open: cluster },
  { name: 'PostgreSQL', questionsAtOnce: 12, isOneConnection: false, open: postgres },
];

describe('promise 1: a token lives exactly as long as it was issued for', () => {
  // Most of a short run is waiting for ends; a long one is work.
  (isLong ? it : it.concurrent).each(SHAPES)(`${TOKENS} tokens on $name, whatever becomes of the others`, async ({ name, questionsAtOnce, isOneConnection, open }) => {
    const store = await open();
    try {
      const verdicts = new Verdicts(store, isOneConnection);
      const questions = new Set<Promise<void>>();
      const gate = new Gate(questionsAtOnce);
      let [count, lastEnd, scans, withoutExpiry] = [0, 0, 0, 0];
      const ask = async (token: WatchedToken, at: number): Promise<void> => {
        await sleep(Math.max(0, at - Date.now()));
        await gate.run(() => verdicts.ask(token));
      };
      const watch = (token: WatchedToken): void => {
        count += 1;
        lastEnd = Math.max(lastEnd, token.access.expiresAt * 1_000);
        for (const at of momentsOf(token)) {
          const question: Promise<void> = ask(token, at).finally(() => questions.delete(question));
          question.catch(() => undefined);
          questions.add(question);
        }
      };
      let isOver = false;
      const scanning = (async () => {
        for (; !isOver; scans += 1) {
          withoutExpiry = Math.max(withoutExpiry, await store.countWithoutExpiry());
          await sleep(randomInt(2_000));
        }
      })();
      // No faster than the questions are answered: one that comes too late proves nothing.
      const pause = async (): Promise<void> => {
        await sleep(randomInt(120));
        await gate.calm();
      };
      await inLanes(`users on ${name}`, Math.ceil(TOKENS / TOKENS_PER_USER), USERS, () => new RandomLife(store.tokens, MAX_TTL_SECONDS, watch).live(TOKENS_PER_USER, pause));
      if (isLong) tell(`${count} tokens on ${name} issued; their last ends are waited for`);
      while (questions.size > 0) await Promise.all(questions);
      isOver = true;
      await scanning;
      tell(`${count} tokens on ${name}: ${verdicts.summary}; ${scans} scans`);
      expect(verdicts.faults).toEqual([]);
      // Proves nothing unless it was in time to see them alive.
      expect(verdicts.seen.get('live')).toBeGreaterThan(TOKENS / 10);
      expect(withoutExpiry).toBe(0);
      expect(count).toBeGreaterThanOrEqual(TOKENS);
      // A session lives on as long as its idle limit, so a little longer than its last token.
      const deadline = lastEnd + MAX_TTL_SECONDS * 1_000 + 20_000;
      while (!(await store.isEmpty()) && Date.now() < deadline) await sleep(200);
      expect(await store.isEmpty()).toBe(true);
    } finally {
      await store.close();
    }
  }, PROOF_TIMEOUT_MS);
});
