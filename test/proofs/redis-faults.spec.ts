import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { Api, registerUser, type RegisteredUser } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { withDatabase } from '../kit/postgres.js';
import { PrivateRedis, startCluster } from '../kit/private-redis.js';
import { isLong } from './scale.js';

/** A failover takes seconds, and a busy machine more. */
const BACK_WITHIN_MS = 45_000;

const cleanUps: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});

const owned = <T extends { remove(): Promise<void> }>(server: T): T => {
  cleanUps.push(() => server.remove());
  return server;
};

async function startApi(settings: Record<string, string>): Promise<Api> {
  const database = await withDatabase();
  cleanUps.push(() => database.drop());
  const api = await Api.start(testConfig({ DATABASE_URL: database.url, RATE_LIMITS: 'off', ...settings }));
  cleanUps.push(() => api.close());
  return api;
}

/** One question of every kind that needs the store of tokens; status and code of each answer. */
const questions = (api: Api, user: RegisteredUser): Promise<string[]> =>
  Promise.all(
    [
      api.get('/v1/users/me', { token: user.token }),
      api.post('/v1/auth/login', { identifier: user.email, password: user.password }),
      api.post('/v1/auth/refresh', { refreshToken: user.refreshToken }),
      api.post('/v1/auth/logout', { refreshToken: 'lr_nonsense' }, { token: user.token }),
      api.get('/v1/auth/sessions', { token: user.token }),
    ].map(async (answer) => {
      const { status, body } = await answer;
      return status < 300 ? 'served' : `${status} ${body.code}`;
    }),
  );

/** Asks until it is served again; every answer until then must be 503. Answers how long it took. */
async function untilServed(api: Api, token: string): Promise<number> {
  const began = performance.now();
  for (let away = true; away; await sleep(20)) {
    const { status, body } = await api.get('/v1/users/me', { token });
    away = status !== 200;
    if (away) expect([status, body.code]).toEqual([503, 'service.unavailable']);
    expect(performance.now() - began).toBeLessThan(BACK_WITHIN_MS);
  }
  return performance.now() - began;
}

/** The same for a token that is to be refused once the store is back. */
async function untilAnswered(api: Api, token: string): Promise<void> {
  const began = performance.now();
  while ((await api.get('/v1/users/me', { token })).status === 503) {
    expect(performance.now() - began).toBeLessThan(BACK_WITHIN_MS);
    await sleep(20);
  }
}

interface Known {
  readonly live: RegisteredUser;
  readonly ended: RegisteredUser;
}

/** Somebody signed in, and somebody whose session was ended. */
async function startKnown(api: Api): Promise<Known> {
  const [live, ended] = [await registerUser(api), await registerUser(api)];
  expect((await api.post('/v1/auth/logout-all', {}, { token: ended.token })).status).toBe(204);
  return { live, ended };
}

async function expectRight(api: Api, { live, ended }: Known): Promise<void> {
  expect((await api.get('/v1/users/me', { token: live.token })).status).toBe(200);
  const refused = await api.get('/v1/users/me', { token: ended.token });
  expect([refused.status, refused.body.code]).toEqual([401, 'auth.session_ended']);
  expect((await api.post('/v1/auth/login', { identifier: live.email, password: live.password })).status).toBe(200);
}

describe('Redis away, as clients see it: 503, never 401, and right again at once', () => {
  it('killed and restarted', async () => {
    const redis = owned(await PrivateRedis.start('--appendonly', 'yes', '--appendfsync', 'always'));
    const api = await startApi({ REDIS_URL: redis.url });
    const known = await startKnown(api);
    await redis.kill();
    for (let round = 0; round < 3; round += 1) {
      expect(new Set(await questions(api, known.live))).toEqual(new Set(['503 service.unavailable']));
    }
    expect((await api.get('/health/ready')).status).toBe(503);
    await redis.start();
    expect(await untilServed(api, known.live.token)).toBeLessThan(1_500);
    await expectRight(api, known);
  });

  it('paused for ten seconds', async () => {
    const redis = owned(await PrivateRedis.start());
    const api = await startApi({ REDIS_URL: redis.url });
    const known = await startKnown(api);
    const pauseMs = isLong ? 10_000 : 3_000;
    redis.signal('SIGSTOP');
    const until = performance.now() + pauseMs;
    while (performance.now() < until) {
      const began = performance.now();
      // A login was sent, and may be carried out when Redis goes on; the others fail at a read before.
      expect(new Set(await questions(api, known.live))).toEqual(new Set(['503 service.unavailable', '503 request.outcome_unknown']));
      expect(performance.now() - began).toBeLessThan(30_000);
      await sleep(100);
    }
    redis.signal('SIGCONT');
    expect(await untilServed(api, known.live.token)).toBeLessThan(1_500);
    await expectRight(api, known);
  });

  it('failed over by Sentinel', async () => {
    const master = owned(await PrivateRedis.start('--repl-diskless-sync-delay', '0'));
    const replica = owned(await PrivateRedis.start('--replicaof', `127.0.0.1 ${master.port}`));
    const sentinel = owned(await PrivateRedis.startSentinel('likeness', master.port));
    const api = await startApi({ REDIS_SENTINELS: `127.0.0.1:${sentinel.port}`, REDIS_SENTINEL_NAME: 'likeness', REVOCATION_REPLICAS: '1' });
    const known = await startKnown(api);
    const gone = await registerUser(api);
    await sentinel.knowsReplica('likeness');
    await replica.hasCaughtUpWith(master);
    expect((await api.post('/v1/auth/logout', undefined, { token: gone.token })).status).toBe(204);
    await master.kill();
    await untilServed(api, known.live.token);
    await expectRight(api, known);
    // A single session, which nothing but the replica remembered.
    expect((await api.get('/v1/users/me', { token: gone.token })).body.code).toBe('auth.session_ended');
  });

  it('failed over in a cluster', async () => {
    const nodes = await startCluster({ replicas: 1 });
    nodes.forEach(owned);
    const api = await startApi({ REDIS_CLUSTER_NODES: nodes.map(({ port }) => `127.0.0.1:${port}`).join(','), REVOCATION_REPLICAS: '1' });
    const known = await Promise.all(Array.from({ length: 6 }, () => startKnown(api)));
    await nodes[0]!.kill();
    // Users of the other masters go on: none of them is told 401 either.
    await Promise.all(known.flatMap(({ live, ended }) => [untilServed(api, live.token), untilAnswered(api, ended.token)]));
    for (const each of known) await expectRight(api, each);
  });
});

describe('a Redis that has forgotten', () => {
  /** All that must never be undone, done to users who were signed in when the copy was taken. */
  const DEEDS: readonly [string, (api: Api, user: RegisteredUser, admin: RegisteredUser) => Promise<{ status: number }>][] = [
    ['disabled', (api, { id }, admin) => api.patch(`/v1/users/${id}`, { disabled: true }, { token: admin.token })],
    ['deleted', (api, { password, token }) => api.delete('/v1/users/me', { token, body: { currentPassword: password } })],
    ['signed out everywhere', (api, { token }) => api.post('/v1/auth/logout-all', {}, { token })],
    ['signed out everywhere by an admin', (api, { id }, admin) => api.delete(`/v1/users/${id}/sessions`, { token: admin.token })],
    ['with a changed password', async (api, { email, password }) => {
      const { token } = { token: (await api.post('/v1/auth/login', { identifier: email, password })).body.accessToken };
      return api.post('/v1/auth/password', { currentPassword: password, newPassword: `${password} anew` }, { token });
    }],
  ];

  const RESTARTS: readonly [string, string[]][] = [
    ['restarts from an older RDB file', ['--save', '3600 1', '--appendonly', 'no']],
    ['loses the last second of its append-only file', ['--appendonly', 'yes', '--appendfsync', 'always']],
  ];

  it.each(RESTARTS)('and %s undoes nothing that must never be undone', async (_how, options) => {
    const redis = owned(await PrivateRedis.start(...options));
    const api = await startApi({ REDIS_URL: redis.url });
    const admin = await registerUser(api);
    const users = await Promise.all(DEEDS.map(() => registerUser(api)));
    const untouched = await registerUser(api);
    // Their rows are in the cache of before, too.
    for (const { token } of [...users, untouched]) expect((await api.get('/v1/users/me', { token })).status).toBe(200);
    const client = new Redis(redis.url);
    if (options.includes('no')) await client.save();
    client.disconnect();
    const copy = await redis.copyFiles();
    for (const [index, [, deed]] of DEEDS.entries()) expect((await deed(api, users[index]!, admin)).status).toBeLessThan(300);
    await redis.kill();
    await redis.restore(copy);
    await redis.start();
    await untilServed(api, untouched.token);
    for (const [index, [what]] of DEEDS.entries()) {
      const { token, refreshToken } = users[index]!;
      expect([what, (await api.get('/v1/users/me', { token })).status]).toEqual([what, 401]);
      expect([what, (await api.post('/v1/auth/refresh', { refreshToken })).status]).toEqual([what, 401]);
    }
    expect((await api.post('/v1/auth/refresh', { refreshToken: untouched.refreshToken })).status).toBe(200);
  });
});
