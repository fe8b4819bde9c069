import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { LoginPolicy } from '../../src/kernel/config/index.js';
import type { IssueInput, IssueResult, RefreshInput, RefreshResult, TokenRef, VerifyResult } from '../../src/modules/auth/tokens/token-repository.js';
import { login, postgresRig, type Issued, type PostgresRig } from './postgres-rig.js';

let rig: PostgresRig;
let userId: string;

beforeAll(async () => {
  rig = await postgresRig();
});
afterAll(() => rig.close());
beforeEach(() => {
  userId = randomUUID();
});

const client = (platform: IssueInput['client']['platform']): IssueInput['client'] => ({ platform, deviceName: null, ipAddress: null, userAgent: null });

const issued = async (input: IssueInput): Promise<Issued> => {
  const result = await rig.tokens.issue(input);
  if (result.outcome !== 'issued') throw new Error('denied');
  return result;
};

const verify = (ref: TokenRef, expiresAt = Math.floor(Date.now() / 1000) + 900): Promise<VerifyResult> => rig.tokens.verify({ ...ref, expiresAt });

const stateOf = async (ref: TokenRef): Promise<string> => (await verify(ref)).state;

const refreshOf = (input: IssueInput, generation: number, overrides: Partial<RefreshInput> = {}): RefreshInput => ({
  userId: input.userId,
  sessionId: input.sessionId,
  salt: input.salt,
  generation,
  newTokenId: randomUUID(),
  accessTtlSeconds: 900,
  idleTtlSeconds: 1_209_600,
  graceSeconds: 10,
  client: { ipAddress: '192.0.2.2', userAgent: 'later' },
  ...overrides,
});

const many = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: count }, (_, index) => work(index)));

const storeNow = async (): Promise<number> => (await rig.query<{ now: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 AS now'))[0]!.now;

describe('lifetimes', () => {
  it('are what was asked for, from the whole second of the store, in the answer and in the row', async () => {
    const input = login(userId, { accessTtlSeconds: 77 });
    const before = await storeNow();
    const { access, session } = await issued(input);
    const after = await storeNow();

    expect(access.issuedAt).toBeGreaterThanOrEqual(Math.floor(before));
    expect(access.issuedAt).toBeLessThanOrEqual(Math.floor(after));
    expect(access.expiresAt - access.issuedAt).toBe(77);
    expect(session).toMatchObject({ createdAt: access.issuedAt, lastSeenAt: access.issuedAt, expiresAt: access.issuedAt + 7_776_000, idleExpiresAt: access.issuedAt + 1_209_600 });
    const [row] = await rig.query<{ exp: number }>('SELECT extract(epoch FROM expires_at)::float8 AS exp FROM access_tokens WHERE id = $1', [input.tokenId]);
    expect(row!.exp).toBe(access.expiresAt);
    expect(await verify(input)).toEqual({ state: 'live', platform: 'web', access, userEpoch: 0 });
  });

  it('end each at its own second by the store, not one moment before or after', async () => {
    const tokens = await many(24, async (index) => {
      const input = login(userId, { accessTtlSeconds: 1 + (index % 3) });
      return { input, exp: (await issued(input)).access.expiresAt };
    });
    const wrong: string[] = [];
    for (const end = (await storeNow()) + 4; (await storeNow()) < end; ) {
      await Promise.all(
        tokens.map(async ({ input, exp }) => {
          const before = await storeNow();
          const { state } = await verify(input, exp);
          const after = await storeNow();
          if (after < exp && state !== 'live') wrong.push(`${state} before its end`);
          if (before >= exp && state !== 'expired') wrong.push(`${state} after its end`);
        }),
      );
    }
    expect(wrong).toEqual([]);
  });

  it('never outlive the absolute end of the session', async () => {
    const input = login(userId, { accessTtlSeconds: 900, idleTtlSeconds: 900, maxTtlSeconds: 60 });
    const { access, session } = await issued(input);
    expect([access.expiresAt, session.expiresAt, session.idleExpiresAt]).toEqual(Array(3).fill(access.issuedAt + 60));

    const rotated = (await rig.tokens.refresh(refreshOf(input, 1))) as Extract<RefreshResult, { outcome: 'rotated' | 'replayed' }>;
    expect([rotated.access.expiresAt, rotated.session.idleExpiresAt]).toEqual(Array(2).fill(access.issuedAt + 60));
  });

  it('of a token are not changed by its siblings, its session, or its revocation', async () => {
    const input = login(userId);
    const first = (await issued(input)).access;
    await rig.tokens.refresh(refreshOf(input, 1, { accessTtlSeconds: 5 }));
    expect(await verify(input)).toMatchObject({ state: 'live', access: first });

    await rig.tokens.revokeToken(input, 'revoked');
    const [row] = await rig.query<{ exp: number }>('SELECT extract(epoch FROM expires_at)::float8 AS exp FROM access_tokens WHERE id = $1', [input.tokenId]);
    expect(row!.exp).toBe(first.expiresAt);
  });

  it('of a token go on when its session is idle for too long', async () => {
    const input = login(userId, { accessTtlSeconds: 60, idleTtlSeconds: 1 });
    await issued(input);
    await sleep(1_100);
    await issued(login(userId));

    expect(await stateOf(input)).toBe('live');
    expect(await rig.tokens.refresh(refreshOf(input, 1))).toEqual({ outcome: 'refused', state: 'expired' });
    expect(await rig.tokens.endSession(userId, input.sessionId, 'ended')).toBe(true);
    expect(await stateOf(input)).toBe('ended');
  });
});

describe('verify', () => {
  it('knows a token only under its own user and session', async () => {
    const input = login(userId);
    const other = login(randomUUID());
    await issued(input);
    await issued(other);

    expect(await stateOf({ ...input, userId: other.userId })).toBe('unknown');
    expect(await stateOf({ ...input, sessionId: other.sessionId })).toBe('unknown');
    expect(await stateOf({ ...input, tokenId: other.tokenId })).toBe('unknown');
    expect(await stateOf(input)).toBe('live');
  });

  it('tells expired from unknown by the store, also when the record has gone', async () => {
    const now = await storeNow();
    expect(await verify(login(userId), Math.floor(now))).toEqual({ state: 'expired' });
    expect(await verify(login(userId), Math.floor(now) + 60)).toEqual({ state: 'unknown' });
  });

  it('touches three rows by primary key however many tokens there are', async () => {
    const input = login(userId);
    await issued(input);
    await rig.query(
      `INSERT INTO access_tokens (id, session_id, user_id, issued_at, expires_at)
       SELECT gen_random_uuid(), session_id, user_id, issued_at, expires_at FROM access_tokens, generate_series(1, 2000) WHERE id = $1`,
      [input.tokenId],
    );
    await rig.query(
      `INSERT INTO token_sessions (id, user_id, platform, seq, epoch, user_epoch, access_token_id, access_expires_at, created_at, last_seen_at, idle_expires_at, expires_at, kept_until)
       SELECT gen_random_uuid(), user_id, platform, seq + n, epoch, user_epoch, access_token_id, access_expires_at, created_at, last_seen_at, idle_expires_at, expires_at, kept_until
       FROM token_sessions, generate_series(1, 2000) AS n WHERE id = $1`,
      [input.sessionId],
    );
    await rig.query('INSERT INTO token_users (user_id) SELECT gen_random_uuid() FROM generate_series(1, 2000)');
    await rig.query('ANALYZE');
    const { VERIFY } = await import('../../src/modules/auth/tokens/postgres-token-statements.js');
    const plan = await rig.query<{ 'QUERY PLAN': string }>(`EXPLAIN (ANALYZE, COSTS off, TIMING off, SUMMARY off) ${VERIFY.text}`, [userId, input.sessionId, input.tokenId, 0]);
    const text = plan.map((row) => row['QUERY PLAN']).join('\n');

    for (const table of ['access_tokens', 'token_sessions', 'token_users']) expect(text).toContain(`Index Scan using ${table}_pkey`);
    expect(text).not.toMatch(/Rows Removed|Seq Scan/);
  });
});

describe('refresh', () => {
  it('answers a replay inside the grace with the very pair of the rotation', async () => {
    const input = login(userId);
    await issued(input);
    const rotated = await rig.tokens.refresh(refreshOf(input, 1));
    const replayed = await rig.tokens.refresh(refreshOf(input, 1));

    expect(rotated).toMatchObject({ outcome: 'rotated', generation: 2, session: { ipAddress: '192.0.2.2', userAgent: 'later' } });
    expect(replayed).toEqual({ ...rotated, outcome: 'replayed' });
  });

  it('gives 64 that race one successor', async () => {
    for (let round = 0; round < 5; round += 1) {
      const input = login(userId);
      await issued(input);
      const results = await many(64, () => rig.tokens.refresh(refreshOf(input, 1)));

      expect(results.filter((result) => result.outcome === 'rotated')).toHaveLength(1);
      expect(results.filter((result) => result.outcome === 'replayed')).toHaveLength(63);
      expect(new Set(results.map((result) => JSON.stringify({ ...result, outcome: '' }))).size).toBe(1);
      const [count] = await rig.query<{ count: number }>('SELECT count(*)::int AS count FROM access_tokens WHERE session_id = $1', [input.sessionId]);
      expect(count!.count).toBe(2);
    }
  });

  it('ends the session of a token that comes back after the grace, with all its tokens', async () => {
    const input = login(userId);
    await issued(input);
    const newTokenId = randomUUID();
    await rig.tokens.refresh(refreshOf(input, 1, { newTokenId }));
    await sleep(1_100);

    expect(await rig.tokens.refresh(refreshOf(input, 1, { graceSeconds: 1 }))).toEqual({ outcome: 'reused' });
    expect(await stateOf(input)).toBe('reused');
    expect(await stateOf({ ...input, tokenId: newTokenId })).toBe('reused');
    expect(await rig.tokens.refresh(refreshOf(input, 2))).toEqual({ outcome: 'refused', state: 'reused' });
    expect(await rig.tokens.list(userId)).toEqual([]);
  });

  it('anchors the grace at the rotation of the presented generation, and remembers eight', async () => {
    const input = login(userId);
    await issued(input);
    for (let generation = 1; generation <= 9; generation += 1) await rig.tokens.refresh(refreshOf(input, generation));

    expect(await rig.tokens.refresh(refreshOf(input, 2))).toMatchObject({ outcome: 'replayed', generation: 10 });
    expect(await rig.tokens.refresh(refreshOf(input, 1))).toEqual({ outcome: 'reused' });
  });

  it('with another salt, for another user or of an admin token is unknown, and touches nothing', async () => {
    const input = login(userId);
    const admin = { ...login(userId), ttlSeconds: 60 };
    await issued(input);
    await rig.tokens.issueAdminToken(admin);
    const unknown = { outcome: 'refused', state: 'unknown' };

    expect(await rig.tokens.refresh(refreshOf(input, 1, { salt: 'other' }))).toEqual(unknown);
    expect(await rig.tokens.refresh(refreshOf(input, 1, { userId: randomUUID() }))).toEqual(unknown);
    expect(await rig.tokens.refresh(refreshOf(admin, 1))).toEqual(unknown);
    expect(await rig.tokens.refresh(refreshOf(input, 7))).toEqual(unknown);
    expect(await rig.tokens.refresh(refreshOf(input, 1))).toMatchObject({ outcome: 'rotated' });
  });

  it('that races with the end of everything never survives it', async () => {
    for (let round = 0; round < 200; round += 1) {
      const input = login(userId);
      await issued(input);
      const newTokenId = randomUUID();
      const ways = [() => rig.tokens.endAll(userId, {}), () => rig.tokens.endSession(userId, input.sessionId, 'ended'), () => rig.tokens.endPlatform(userId, 'web')];
      const refresh = rig.tokens.refresh(refreshOf(input, 1, { newTokenId }));
      if (round % 2) await sleep(Math.random() * 3);
      await Promise.all([ways[round % 3]!(), refresh]);

      expect(['ended', 'unknown']).toContain(await stateOf({ ...input, tokenId: newTokenId }));
      expect(await stateOf(input)).toBe('ended');
      expect(await rig.tokens.refresh(refreshOf(input, 2))).toEqual({ outcome: 'refused', state: 'ended' });
    }
  });
});

describe('the secret of a session', () => {
  it('is told with its state, for sessions that refresh alone', async () => {
    const input = login(userId, { userEpoch: 4 });
    const admin = { ...login(userId), ttlSeconds: 60 };
    await issued(input);
    await rig.tokens.issueAdminToken(admin);

    expect(await rig.tokens.sessionSecret(userId, input.sessionId)).toEqual({ state: 'live', salt: input.salt, userEpoch: 4 });
    expect(await rig.tokens.sessionSecret(userId, admin.sessionId)).toEqual({ state: 'unknown' });
    expect(await rig.tokens.sessionSecret(randomUUID(), input.sessionId)).toEqual({ state: 'unknown' });
    await rig.tokens.endAll(userId, {});
    expect(await rig.tokens.sessionSecret(userId, input.sessionId)).toEqual({ state: 'ended', salt: input.salt });
  });
});

describe('200 logins at once', () => {
  const platforms = ['web', 'ios', 'windows', 'linux', 'ipad'] as const;
  const race = async (policy: LoginPolicy): Promise<{ live: IssueInput[]; results: { input: IssueInput; result: IssueResult }[] }> => {
    const results = await many(200, async (index) => {
      const input = login(userId, { policy, client: client(platforms[index % platforms.length]!) });
      return { input, result: await rig.tokens.issue(input) };
    });
    const states = await many(200, (index) => stateOf(results[index]!.input));
    return { live: results.filter((_, index) => states[index] === 'live').map(({ input }) => input), results };
  };
  const seqs = (where: string): Promise<{ seq: number }[]> => rig.query(`SELECT seq::int AS seq FROM token_sessions WHERE user_id = $1 AND ${where} ORDER BY seq`, [userId]);
  const count = (live: IssueInput[]): Record<string, number> =>
    Object.fromEntries(platforms.map((platform) => [platform, live.filter((input) => input.client.platform === platform).length]));

  it.each<[LoginPolicy['name'], Record<string, number>]>([
    ['unlimited', { web: 3, ios: 3, windows: 3, linux: 3, ipad: 3 }],
    ['one-per-platform', { web: 1, ios: 1, windows: 1, linux: 1, ipad: 1 }],
  ])('under %s leave exactly its limit, the youngest', async (name, expected) => {
    const { live, results } = await race({ name, max: 3, onLimit: 'evict' });

    expect(count(live)).toEqual(expected);
    expect(results.every(({ result }) => result.outcome === 'issued')).toBe(true);
    const perPlatform = expected['web']!;
    for (const platform of platforms) {
      const all = await rig.query<{ ended: boolean }>('SELECT ended_reason IS NOT NULL AS ended FROM token_sessions WHERE user_id = $1 AND platform = $2 ORDER BY seq DESC', [userId, platform]);
      expect(all.findIndex((row) => row.ended)).toBe(perPlatform);
      expect(all.slice(perPlatform).every((row) => row.ended)).toBe(true);
    }
  });

  it('under one-per-class leave one of each class', async () => {
    const { live } = await race({ name: 'one-per-class', max: 3, onLimit: 'evict' });
    const { windows, linux, ...rest } = count(live);
    expect(windows! + linux!).toBe(1);
    expect(rest).toEqual({ web: 1, ios: 1, ipad: 1 });
  });

  it('under desktop-and-one-other leave every desktop and one other', async () => {
    const { live } = await race({ name: 'desktop-and-one-other', max: 3, onLimit: 'evict' });
    const { windows, linux, ...rest } = count(live);
    expect(windows! + linux!).toBe(80);
    expect(Object.values(rest).reduce((sum, each) => sum + each)).toBe(1);
  });

  it('under single leave one, and name every other a victim once', async () => {
    const { live, results } = await race({ name: 'single', max: 3, onLimit: 'evict' });
    const victims = results.flatMap(({ result }) => (result.outcome === 'issued' ? result.evicted : []));

    expect(live).toHaveLength(1);
    expect(new Set(victims).size).toBe(199);
    expect(victims).toHaveLength(199);
    expect(await seqs('ended_reason IS NULL')).toEqual([{ seq: 200 }]);
  });

  it('never leave more than 100, dead ones remembered apart', async () => {
    const { live } = await race({ name: 'unlimited', max: 1_000, onLimit: 'evict' });
    expect(live).toHaveLength(100);
    expect(await seqs('ended_reason IS NULL')).toEqual(Array.from({ length: 100 }, (_, index) => ({ seq: 101 + index })));
  });

  it('are denied over the limit, and nobody is evicted', async () => {
    const { live, results } = await race({ name: 'unlimited', max: 3, onLimit: 'deny' });
    expect(results.filter(({ result }) => result.outcome === 'denied')).toHaveLength(185);
    expect(Object.values(count(live))).toEqual([3, 3, 3, 3, 3]);
    expect(await seqs('ended_reason IS NOT NULL')).toEqual([]);
  });
});

describe('the end of sessions', () => {
  it('is told to the evicted until their own expiry, also after later logins', async () => {
    const single: LoginPolicy = { name: 'single', max: 1, onLimit: 'evict' };
    const input = login(userId, { policy: single, accessTtlSeconds: 2 });
    const { access } = await issued(input);
    for (let round = 0; round < 5; round += 1) await issued(login(userId, { policy: single }));

    expect(await verify(input, access.expiresAt)).toEqual({ state: 'evicted' });
    expect(await rig.tokens.refresh(refreshOf(input, 1))).toEqual({ outcome: 'refused', state: 'evicted' });
    while ((await storeNow()) < access.expiresAt) await sleep(50);
    expect(await verify(input, access.expiresAt)).toEqual({ state: 'expired' });
  });

  it('is told to the one evicted last, whatever its age, when a hundred dead are remembered', async () => {
    const old = login(userId);
    await issued(old);
    for (let round = 0; round < 110; round += 1) {
      const input = login(userId, { client: client('ios') });
      await issued(input);
      await rig.tokens.endSession(userId, input.sessionId, 'ended');
    }
    await issued(login(userId, { policy: { name: 'one-per-platform', max: 1, onLimit: 'evict' } }));

    expect(await stateOf(old)).toBe('evicted');
    const dead = await rig.query('SELECT id FROM token_sessions WHERE user_id = $1 AND ended_reason IS NOT NULL', [userId]);
    expect(dead).toHaveLength(100);
    expect(await rig.query('SELECT id FROM access_tokens WHERE user_id = $1', [userId])).toHaveLength(101);
  });

  it('remembers a hundred revoked tokens of a live session', async () => {
    const input = login(userId);
    await issued(input);
    const ids: string[] = [];
    for (let generation = 1; generation <= 105; generation += 1) {
      const newTokenId = randomUUID();
      ids.push(newTokenId);
      await rig.tokens.refresh(refreshOf(input, generation, { newTokenId }));
      expect(await rig.tokens.revokeToken({ ...input, tokenId: newTokenId }, 'revoked')).toBe(true);
    }
    const states = await many(ids.length, (index) => stateOf({ ...input, tokenId: ids[index]! }));
    expect(states).toEqual([...Array<string>(5).fill('unknown'), ...Array<string>(100).fill('revoked')]);
    expect(await stateOf(input)).toBe('live');
  });

  it('of all spares the kept one alone, stamped anew, and takes admin tokens too', async () => {
    const [kept, other, dead] = [login(userId), login(userId), login(userId)];
    const admin = { ...login(userId), ttlSeconds: 60 };
    for (const input of [kept, other, dead]) await issued(input);
    await rig.tokens.issueAdminToken(admin);
    await rig.tokens.endSession(userId, dead.sessionId, 'revoked');
    await rig.tokens.endAll(userId, { keep: { sessionId: kept.sessionId, userEpoch: 9 } });

    expect(await verify(kept)).toMatchObject({ state: 'live', userEpoch: 9 });
    expect(await Promise.all([other, admin, dead].map(stateOf))).toEqual(['ended', 'ended', 'revoked']);
    expect((await rig.tokens.list(userId)).map((session) => session.id)).toEqual([kept.sessionId]);
    expect(await rig.tokens.sessionSecret(userId, kept.sessionId)).toMatchObject({ state: 'live', userEpoch: 9 });

    await rig.tokens.endAll(userId, { keep: { sessionId: other.sessionId, userEpoch: 10 } });
    expect(await Promise.all([kept, other].map(stateOf))).toEqual(['ended', 'ended']);
    const later = login(userId);
    await issued(later);
    expect(await stateOf(later)).toBe('live');
  });

  it('of all can forget where the sessions were, and keeps the reason', async () => {
    const input = login(userId);
    await issued(input);
    await rig.tokens.endAll(userId, { erase: true });

    expect(await rig.query('SELECT device_name, ip_address, user_agent FROM token_sessions WHERE user_id = $1', [userId])).toEqual([
      { device_name: null, ip_address: null, user_agent: null },
    ]);
    expect(await stateOf(input)).toBe('ended');
  });

  it('of a platform leaves the others', async () => {
    const [web, ios] = [login(userId), login(userId, { client: client('ios') })];
    await issued(web);
    await issued(ios);
    await rig.tokens.endPlatform(userId, 'ios');

    expect([await stateOf(web), await stateOf(ios)]).toEqual(['live', 'ended']);
  });

  it('happens once, to live sessions and tokens of this user', async () => {
    const input = login(userId);
    await issued(input);
    expect(await rig.tokens.endSession(randomUUID(), input.sessionId, 'ended')).toBe(false);
    expect(await rig.tokens.revokeToken({ ...input, userId: randomUUID() }, 'revoked')).toBe(false);
    expect(await rig.tokens.revokeToken(input, 'revoked')).toBe(true);
    expect(await rig.tokens.revokeToken(input, 'revoked')).toBe(false);
    expect(await rig.tokens.endSession(userId, input.sessionId, 'ended')).toBe(true);
    expect(await rig.tokens.endSession(userId, input.sessionId, 'evicted')).toBe(false);
    await expect(rig.tokens.endAll(randomUUID(), {})).resolves.toBeUndefined();
  });
});

describe('admin-issued tokens', () => {
  it('are neither counted nor evicted, and live exactly as long as asked', async () => {
    const admin = { ...login(userId), ttlSeconds: 12_345 };
    const { access, session } = await rig.tokens.issueAdminToken(admin);
    await issued(login(userId, { policy: { name: 'single', max: 1, onLimit: 'deny' } }));
    await issued(login(userId, { policy: { name: 'single', max: 1, onLimit: 'evict' } }));

    expect(access.expiresAt - access.issuedAt).toBe(12_345);
    expect([session.expiresAt, session.idleExpiresAt]).toEqual([access.expiresAt, access.expiresAt]);
    expect(await stateOf(admin)).toBe('live');
    expect(await rig.tokens.endSession(userId, admin.sessionId, 'ended')).toBe(true);
  });
});

describe('the list', () => {
  it('shows live sessions, newest first, as they were given', async () => {
    const inputs = [login(userId), login(userId, { client: client('ios') }), login(userId)];
    const sessions = [];
    for (const input of inputs) sessions.push((await issued(input)).session);
    await rig.tokens.endSession(userId, inputs[2]!.sessionId, 'ended');

    expect(await rig.tokens.list(userId)).toEqual([sessions[1], sessions[0]]);
  });

  it('bears any text as a device name', async () => {
    const deviceName = 'a\u0000b \ud83d\ude00 "\' \\ $1';
    await issued(login(userId, { client: { ...client('web'), deviceName } }));
    expect((await rig.tokens.list(userId))[0]!.deviceName).toBe('ab \ud83d\ude00 "\' \\ $1');
  });
});

describe('expired rows', () => {
  const rows = async (): Promise<number[]> =>
    Promise.all(['access_tokens', 'token_sessions', 'token_users'].map(async (table) => (await rig.query(`SELECT FROM ${table} WHERE user_id = $1`, [userId])).length));

  it('go at the next write of the user', async () => {
    const short = login(userId, { accessTtlSeconds: 1, idleTtlSeconds: 1, maxTtlSeconds: 1 });
    await issued(short);
    await sleep(1_100);
    const next = login(userId, { accessTtlSeconds: 1 });
    await issued(next);
    expect(await rows()).toEqual([1, 1, 1]);

    await sleep(1_100);
    await rig.tokens.refresh(refreshOf(next, 1));
    expect(await rows()).toEqual([1, 1, 1]);
  });

  it('leave nothing behind after a pass of the pruner, and nothing live is touched', async () => {
    await many(30, () => issued(login(userId, { accessTtlSeconds: 1, idleTtlSeconds: 1, maxTtlSeconds: 1 })));
    const other = login(randomUUID());
    await issued(other);
    await sleep(1_100);
    await rig.pruner.prune();

    expect(await rows()).toEqual([0, 0, 0]);
    expect(await stateOf(other)).toBe('live');
  });

  it('are pruned while the same users log in, and no login is lost', async () => {
    const expire = async (id: string): Promise<void> => {
      await rig.query("UPDATE access_tokens SET expires_at = now() - interval '1 second' WHERE user_id = $1", [id]);
      await rig.query("UPDATE token_sessions SET kept_until = now() - interval '1 second' WHERE user_id = $1", [id]);
    };
    let isDone = false;
    const pruning = many(2, async () => {
      while (!isDone) await rig.pruner.prune();
    });
    const states = await many(8, async () => {
      const id = randomUUID();
      const seen: string[] = [];
      for (let round = 0; round < 60; round += 1) {
        const input = login(id);
        await issued(input);
        seen.push(await stateOf(input));
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
  it('is 503 for every question, never a verdict on the token', async () => {
    const away = await postgresRig(2);
    const input = login(userId);
    await away.tokens.issue(input);
    await rig.query(`DROP DATABASE "${new URL(away.url).pathname.slice(1)}" WITH (FORCE)`);
    const { tokens } = away;
    const questions = [
      () => tokens.verify({ ...input, expiresAt: 0 }),
      () => tokens.issue(login(userId)),
      () => tokens.issueAdminToken({ ...login(userId), ttlSeconds: 5 }),
      () => tokens.refresh(refreshOf(input, 1)),
      () => tokens.sessionSecret(userId, input.sessionId),
      () => tokens.revokeToken(input, 'revoked'),
      () => tokens.endSession(userId, input.sessionId, 'ended'),
      () => tokens.endAll(userId, {}),
      () => tokens.endPlatform(userId, 'web'),
      () => tokens.list(userId),
    ];
    for (const question of questions) await expect(question()).rejects.toMatchObject({ code: 'service.unavailable', status: 503 });
    await away.close();
  });
});
