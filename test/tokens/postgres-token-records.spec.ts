import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { VERIFY } from '../../src/modules/auth/tokens/postgres-token-statements.js';
import { openPostgresStore, type PostgresStoreUnderTest } from './postgres-store.js';
import { adminInput, clientOn, login, loginInput, pairOf, POLICY, reach, refreshInput, stateOf, times, verify, type Issued } from './token-store-under-test.js';

let store: PostgresStoreUnderTest;
let userId: string;

beforeAll(async () => {
  store = await openPostgresStore();
});
afterAll(() => store.close());
beforeEach(() => {
  userId = randomUUID();
});

const BRIEF = { accessTtlSeconds: 1, idleTtlSeconds: 1, maxTtlSeconds: 1 };

const refOf = ({ access, session }: Pick<Issued, 'access' | 'session'>) => ({ userId: session.userId, sessionId: session.id, tokenId: access.tokenId });

const count = async (table: string, where = 'true'): Promise<number> =>
  (await store.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table} WHERE user_id = $1 AND ${where}`, [userId]))[0]!.count;

describe('the row of a token', () => {
  const expiryOf = async (tokenId: string): Promise<number> =>
    (await store.query<{ exp: number }>('SELECT extract(epoch FROM expires_at)::float8 AS exp FROM access_tokens WHERE id = $1', [tokenId]))[0]!.exp;

  it('has the exp of the answer, which nothing that befalls it or its siblings moves', async () => {
    const issued = await login(store.tokens, userId, { accessTtlSeconds: 77 });
    expect(await expiryOf(issued.access.tokenId)).toBe(issued.access.expiresAt);

    const pair = pairOf(await store.tokens.refresh(refreshInput(issued, { accessTtlSeconds: 5 })));
    await store.tokens.revokeToken(refOf(issued), 'revoked');
    await store.tokens.endAll(userId, { keep: { sessionId: issued.session.id, userEpoch: 2 } });
    await store.tokens.endSession(userId, issued.session.id, 'ended');
    expect([await expiryOf(issued.access.tokenId), await expiryOf(pair.access.tokenId)]).toEqual([issued.access.expiresAt, pair.access.issuedAt + 5]);
  });

  it('is found with two others by primary key, also among 2,000 tokens and sessions of its user', async () => {
    const issued = await login(store.tokens, userId);
    await store.query(
      `INSERT INTO access_tokens (id, session_id, user_id, issued_at, expires_at)
       SELECT gen_random_uuid(), session_id, user_id, issued_at, expires_at FROM access_tokens, generate_series(1, 2000) WHERE id = $1`,
      [issued.access.tokenId],
    );
    await store.query(
      `INSERT INTO token_sessions (id, user_id, platform, seq, epoch, user_epoch, access_token_id, access_expires_at, created_at, last_seen_at, idle_expires_at, expires_at, kept_until)
       SELECT gen_random_uuid(), user_id, platform, seq + n, epoch, user_epoch, access_token_id, access_expires_at, created_at, last_seen_at, idle_expires_at, expires_at, kept_until
       FROM token_sessions, generate_series(1, 2000) AS n WHERE id = $1`,
      [issued.session.id],
    );
    await store.query("INSERT INTO token_users (user_id) SELECT gen_random_uuid() FROM generate_series(1, 2000)");
    await store.query('ANALYZE');
    const lines = await store.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) ${VERIFY.text}`, [
      userId, issued.session.id, issued.access.tokenId, issued.access.expiresAt,
    ]);
    const plan = lines.map((line) => line['QUERY PLAN']).join('\n');

    for (const table of ['access_tokens', 'token_sessions', 'token_users']) expect(plan).toContain(`Index Scan using ${table}_pkey`);
    expect(plan).not.toMatch(/Rows Removed|Seq Scan/);
  });
});

describe('a session', () => {
  it('whose idle limit has passed before its token can still be ended', async () => {
    const issued = await login(store.tokens, userId, { accessTtlSeconds: 60, idleTtlSeconds: 1 });
    await reach(store, issued.session.idleExpiresAt * 1_000);
    await login(store.tokens, userId);

    expect(await stateOf(store, issued)).toBe('live');
    expect(await store.tokens.endSession(userId, issued.session.id, 'ended')).toBe(true);
    expect(await stateOf(store, issued)).toBe('ended');
  });

  it('that has ended keeps its reason when one of its tokens is revoked after it', async () => {
    const [one, other] = [await login(store.tokens, userId), await login(store.tokens, userId)];
    await store.tokens.endSession(userId, one.session.id, 'evicted');
    await store.tokens.endAll(userId, {});

    expect([await store.tokens.revokeToken(refOf(one), 'revoked'), await store.tokens.revokeToken(refOf(other), 'revoked')]).toEqual([false, false]);
    expect([await stateOf(store, one), await stateOf(store, other)]).toEqual(['evicted', 'ended']);
  });

  it('answers the same pair within the grace, also when its access token has expired and its row has gone', async () => {
    const issued = await login(store.tokens, userId);
    const pair = pairOf(await store.tokens.refresh(refreshInput(issued, { accessTtlSeconds: 1 })));
    await reach(store, pair.access.expiresAt * 1_000);
    await login(store.tokens, userId);

    expect(await store.tokens.refresh(refreshInput(issued))).toEqual({ ...pair, outcome: 'replayed' });
    expect(await stateOf(store, pair)).toBe('expired');
  });

  it('never survives an end that its refresh races with, however it is ended', async () => {
    const ways = [
      () => store.tokens.endAll(userId, { keep: { sessionId: randomUUID(), userEpoch: 2 } }),
      (id: string) => store.tokens.endSession(userId, id, 'ended'),
      () => store.tokens.endPlatform(userId, 'web'),
    ];
    for (let round = 0; round < 150; round += 1) {
      const issued = await login(store.tokens, userId);
      const refresh = store.tokens.refresh(refreshInput(issued));
      if (round % 2) await sleep(Math.random() * 3);
      const [result] = await Promise.all([refresh, ways[round % 3]!(issued.session.id)]);

      if (result.outcome === 'rotated') expect(await stateOf(store, result)).toBe('ended');
      expect(await stateOf(store, issued)).toBe('ended');
      expect(await store.tokens.refresh(refreshInput(issued, { generation: 2 }))).toEqual({ outcome: 'refused', state: 'ended' });
    }
  });

  it('forgets its client when all is ended with erasure, and keeps the reason', async () => {
    const [dead, live] = [await login(store.tokens, userId), await login(store.tokens, userId)];
    await store.tokens.endSession(userId, dead.session.id, 'revoked');
    await store.tokens.endAll(userId, { erase: true });

    expect(await count('token_sessions', 'device_name IS NULL AND ip_address IS NULL AND user_agent IS NULL')).toBe(2);
    expect([await stateOf(store, dead), await stateOf(store, live)]).toEqual(['revoked', 'ended']);
  });

  it('bears any text as the name of its device', async () => {
    const { session } = await login(store.tokens, userId, { client: { ...clientOn(), deviceName: 'a\u0000b 😀 "\' \\ $1' } });
    expect(session.deviceName).toBe('ab 😀 "\' \\ $1');
    expect(await store.tokens.list(userId)).toEqual([session]);
  });
});

describe('of the dead, a user', () => {
  it('keeps a hundred, the one who died last among them, however old', async () => {
    const old = await login(store.tokens, userId);
    for (let round = 0; round < 110; round += 1) {
      const { session } = await login(store.tokens, userId, { client: clientOn('ios') });
      await store.tokens.endSession(userId, session.id, 'ended');
    }
    await login(store.tokens, userId, { policy: POLICY('one-per-platform') });

    expect(await stateOf(store, old)).toBe('evicted');
    expect([await count('token_sessions', 'ended_reason IS NOT NULL'), await count('access_tokens')]).toEqual([100, 101]);
  });

  it('keeps a hundred tokens, also where few sessions had many', async () => {
    const issued = await login(store.tokens, userId);
    for (let generation = 1; generation <= 130; generation += 1) await store.tokens.refresh(refreshInput(issued, { generation }));
    await store.tokens.endAll(userId, {});

    expect(await count('access_tokens')).toBe(100);
    expect(await store.tokens.refresh(refreshInput(issued, { generation: 131 }))).toEqual({ outcome: 'refused', state: 'ended' });
  });

  it('keeps the hundred tokens of a live session that were revoked last', async () => {
    const issued = await login(store.tokens, userId);
    const revoked: ReturnType<typeof pairOf>[] = [];
    for (let generation = 1; generation <= 105; generation += 1) {
      const pair = pairOf(await store.tokens.refresh(refreshInput(issued, { generation })));
      await store.tokens.revokeToken(refOf(pair), 'revoked');
      revoked.push(pair);
    }
    expect(await times(105, (index) => stateOf(store, revoked[index]!))).toEqual([...Array<string>(5).fill('unknown'), ...Array<string>(100).fill('revoked')]);
    expect(await stateOf(store, issued)).toBe('live');
  });
});

describe('expired rows', () => {
  const rows = (): Promise<number[]> => Promise.all(['access_tokens', 'token_sessions', 'token_users'].map((table) => count(table)));

  it('go at the next write of their user', async () => {
    const first = await login(store.tokens, userId, BRIEF);
    await reach(store, first.access.expiresAt * 1_000);
    const second = await login(store.tokens, userId, { accessTtlSeconds: 1 });
    expect(await rows()).toEqual([1, 1, 1]);

    await reach(store, second.access.expiresAt * 1_000);
    await store.tokens.refresh(refreshInput(second));
    expect(await rows()).toEqual([1, 1, 1]);
  });

  it('are pruned while their users log in, and no login is lost', async () => {
    const expire = async (id: string): Promise<void> => {
      await store.query("UPDATE access_tokens SET expires_at = now() - interval '1 second' WHERE user_id = $1", [id]);
      await store.query("UPDATE token_sessions SET kept_until = now() - interval '1 second' WHERE user_id = $1", [id]);
    };
    let isDone = false;
    const pruning = times(2, async () => {
      while (!isDone) await store.pruner.prune();
    });
    const states = await times(8, async () => {
      const id = randomUUID();
      const seen: string[] = [];
      for (let round = 0; round < 60; round += 1) {
        seen.push(await stateOf(store, await login(store.tokens, id)));
        await expire(id);
      }
      return seen;
    });
    isDone = true;
    await pruning;
    expect(new Set(states.flat())).toEqual(new Set(['live']));
  });
});

describe('a store that is away', () => {
  it('is 503 to every question, never a verdict on the token', async () => {
    const away = await openPostgresStore(2);
    const issued = await login(away.tokens, userId);
    await store.query(`DROP DATABASE "${away.database}" WITH (FORCE)`);
    const { tokens } = away;
    const questions: (() => Promise<unknown>)[] = [
      () => verify(away, issued),
      () => tokens.issue(loginInput(userId)),
      () => tokens.issueAdminToken(adminInput(userId, 5)),
      () => tokens.refresh(refreshInput(issued)),
      () => tokens.sessionSecret(userId, issued.session.id, issued.session.idleExpiresAt),
      () => tokens.revokeToken(refOf(issued), 'revoked'),
      () => tokens.endSession(userId, issued.session.id, 'ended'),
      () => tokens.endAll(userId, {}),
      () => tokens.endPlatform(userId, 'web'),
      () => tokens.list(userId),
    ];
    for (const question of questions) await expect(question()).rejects.toMatchObject({ code: 'service.unavailable', status: 503 });
    await away.close();
  });
});
