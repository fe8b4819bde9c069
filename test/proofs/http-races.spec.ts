import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { RedisConnection } from '../../src/kernel/cache/index.js';
import { PLATFORMS, platformClass, type Platform } from '../../src/modules/auth/platform.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnBothShapes, startService, type Shape, type TestService } from '../kit/service.js';
import { bePatient } from '../tokens/redis-store.js';
import { inLanes, PROOF_TIMEOUT_MS, scaled, tell } from './scale.js';

/** Two instances on the same stores, so that nothing is serialised by one process. */
async function twoInstances(shape: Shape, roles: readonly string[] = []): Promise<TestService> {
  const settings = { RATE_LIMITS: 'off', DATABASE_CONNECT_TIMEOUT_MS: '60000', ...(roles.length > 0 && { LOGIN_POLICY_ROLES: roles.join(',') }) };
  const service = await startService(shape, settings, 2);
  if (service.redisUrl !== null) for (const { app } of service.instances) bePatient({ redis: app.get(RedisConnection) });
  return service;
}

const at = (service: TestService, index: number): TestService['api'] => service.instances[index % service.instances.length]!;

interface Rule {
  readonly role: string;
  readonly policy: string;
  /** What is one place; null where all may stay. */
  readonly placeOf: (platform: Platform) => string | null;
  readonly limit: number;
}

const RULES: readonly Rule[] = [
  { role: 'some', policy: 'unlimited:3', placeOf: (platform) => platform, limit: 3 },
  { role: 'platform', policy: 'one-per-platform', placeOf: (platform) => platform, limit: 1 },
  { role: 'class', policy: 'one-per-class', placeOf: platformClass, limit: 1 },
  { role: 'desktop', policy: 'desktop-and-one-other', placeOf: (platform) => (platformClass(platform) === 'desktop' ? null : 'elsewhere'), limit: 1 },
  { role: 'alone', policy: 'single', placeOf: () => 'anywhere', limit: 1 },
];
const LOGINS = scaled(200, 40);
const EARLIER = 10;

describeOnBothShapes('promise 3 over HTTP', (shape) => {
  let service: TestService;
  let admin: RegisteredUser;
  beforeAll(async () => {
    service = await twoInstances(shape, RULES.flatMap(({ role, policy }) => [`${role}=${policy}:evict`, `${role}-deny=${policy}:deny`]));
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  const userWith = async (role: string): Promise<RegisteredUser> => {
    const user = await registerUser(service.api);
    expect((await service.api.patch(`/v1/users/${user.id}`, { roles: [role] }, { token: admin.token })).status).toBe(200);
    await service.api.post('/v1/auth/logout', undefined, { token: user.token });
    return user;
  };
  const logins = (user: RegisteredUser, count: number) =>
    Promise.all(Array.from({ length: count }, async (_, i) => {
      const platform = PLATFORMS[i % PLATFORMS.length]!;
      const { status, body } = await at(service, i).post('/v1/auth/login', { identifier: user.email, password: user.password, platform });
      return { status, code: body.code as string | undefined, token: body.accessToken as string, sessionId: body.sessionId as string, platform };
    }));
  const codeOf = async (token: string): Promise<string> => {
    const { status, body } = await service.api.get('/v1/users/me', { token });
    return status === 200 ? 'live' : body.code;
  };
  const placesOf = (all: readonly { platform: Platform }[], { placeOf }: Rule): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { platform } of all) counts[placeOf(platform) ?? 'free'] = (counts[placeOf(platform) ?? 'free'] ?? 0) + 1;
    return counts;
  };
  const expected = (all: readonly { platform: Platform }[], rule: Rule): Record<string, number> =>
    Object.fromEntries(Object.entries(placesOf(all, rule)).map(([place, count]) => [place, place === 'free' ? count : Math.min(count, rule.limit)]));

  it.each(RULES)(`$policy leaves exactly what it says of ${LOGINS} parallel logins, the victims the oldest, and told so`, async (rule) => {
    const user = await userWith(rule.role);
    const all = [...(await logins(user, EARLIER)), ...(await logins(user, LOGINS))];
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
    const { body } = await service.api.get(`/v1/users/${user.id}/sessions`, { token: admin.token });
    const isLive = new Set((body.items as { id: string }[]).map(({ id }) => id));
    const live = all.filter(({ sessionId }) => isLive.has(sessionId));
    expect(live).toHaveLength(isLive.size);
    const cap = (counts: Record<string, number>): number => Object.values(counts).reduce((sum, count) => sum + count, 0);
    expect(Math.min(100, cap(expected(all, rule)))).toBe(isLive.size);
    expect(placesOf(live, rule)).toEqual(expected(all, rule));
    const oldest = all.slice(0, EARLIER).filter(({ platform }) => rule.placeOf(platform) !== null);
    expect(oldest.filter(({ sessionId }) => isLive.has(sessionId))).toEqual([]);
    const told = await Promise.all(all.map(async ({ token, sessionId }) => [isLive.has(sessionId), await codeOf(token)] as const));
    // Of the dead, the last hundred are remembered.
    const wrong = told.filter(([mayLive, code]) => code !== (mayLive ? 'live' : 'auth.session_evicted') && (mayLive || code !== 'auth.token_unknown'));
    expect(wrong).toEqual([]);
    expect(told.filter(([, code]) => code === 'auth.session_evicted')).toHaveLength(Math.min(100, all.length - isLive.size));
  }, PROOF_TIMEOUT_MS);

  it.each(RULES)('$policy with deny lets in exactly as many, refuses the rest with 403 and harms nobody', async (rule) => {
    const user = await userWith(`${rule.role}-deny`);
    const all = await logins(user, LOGINS);
    const entered = all.filter(({ status }) => status === 200);
    expect(placesOf(entered, rule)).toEqual(expected(all, rule));
    expect(all.filter(({ status }) => status !== 200).every(({ status, code }) => status === 403 && code === 'auth.session_limit')).toBe(true);
    expect(new Set(await Promise.all(entered.map(({ token }) => codeOf(token))))).toEqual(new Set(['live']));
  }, PROOF_TIMEOUT_MS);
});

describeOnBothShapes('promise 2 over HTTP', (shape) => {
  let service: TestService;
  let admin: RegisteredUser;
  beforeAll(async () => {
    service = await twoInstances(shape, ['alone=single']);
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  const refresh = (index: number, refreshToken: string) => at(service, index).post('/v1/auth/refresh', { refreshToken });
  const login = async (index: number, { email, password }: RegisteredUser): Promise<{ accessToken: string; refreshToken: string }> =>
    (await at(service, index).post('/v1/auth/login', { identifier: email, password })).body;

  it('answers 64 parallel refreshes of one token with one and the same pair', async () => {
    for (let round = 0; round < scaled(50, 3); round += 1) {
      const user = await registerUser(service.api);
      const answers = await Promise.all(Array.from({ length: 64 }, (_, i) => refresh(i, user.refreshToken)));
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
      expect(new Set(answers.map(({ body }) => body.accessTokenExpiresAt)).size).toBe(1);
      expect((await refresh(0, answers[0]!.body.refreshToken)).status).toBe(200);
    }
  }, PROOF_TIMEOUT_MS);

  /** What ends the session of `user` while it is refreshed; `other` is another session of theirs. */
  const ENDS: readonly [string, string, (index: number, user: RegisteredUser, other: string) => Promise<number>][] = [
    ['logout-all', 'auth.session_ended', async (index, _user, other) => (await at(service, index).post('/v1/auth/logout-all', {}, { token: other })).status],
    ['a login that takes its place', 'auth.session_evicted', async (index, user) => ((await login(index, user)).accessToken ? 200 : 0)],
    ['a changed password', 'auth.session_ended', async (index, { password }, other) =>
      (await at(service, index).post('/v1/auth/password', { currentPassword: password, newPassword: `${password} anew` }, { token: other })).status],
    ['a logout', 'auth.session_ended', async (index, { token }) => (await at(service, index).post('/v1/auth/logout', {}, { token })).status],
    ['its end by another session', 'auth.session_ended', async (index, { sessionId }, other) => (await at(service, index).delete(`/v1/auth/sessions/${sessionId}`, { token: other })).status],
    ['the end of all by an administrator', 'auth.session_ended', async (index, { id }) => (await at(service, index).delete(`/v1/users/${id}/sessions`, { token: admin.token })).status],
    ['a deleted account', 'auth.session_ended', async (index, { id }) => (await at(service, index).delete(`/v1/users/${id}`, { token: admin.token })).status],
    ['a disabled account', 'auth.user_disabled', async (index, { id }) =>
      (await at(service, index).patch(`/v1/users/${id}`, { disabled: true }, { token: admin.token })).status],
  ];

  it.each(ENDS)('lets no refresh survive %s', async (what, told, end) => {
    let rotations = 0;
    const count = scaled(50);
    await inLanes(`${what}, ${shape}`, count, 4, async (index) => {
      const user = await registerUser(service.api);
      const isEviction = what.startsWith('a login');
      if (isEviction) await service.api.patch(`/v1/users/${user.id}`, { roles: ['alone'] }, { token: admin.token });
      const other = isEviction ? '' : (await login(index, user)).accessToken;
      // An end takes longer than a refresh: the later that starts, the likelier it is to come second.
      const refreshing = sleep(randomInt(40)).then(() => refresh(index, user.refreshToken));
      const [refreshed, ended] = await Promise.all([refreshing, end(index + 1, user, other)]);
      expect([200, 204]).toContain(ended);
      if (refreshed.status === 200) rotations += 1;
      else expect([told, 'auth.session_ended']).toContain(refreshed.body.code);
      for (const token of [user.token, ...(refreshed.status === 200 ? [refreshed.body.accessToken] : [])]) {
        const { status, body } = await at(service, index).get('/v1/users/me', { token });
        expect(status).toBe(401);
        expect([told, 'auth.session_ended']).toContain(body.code);
      }
      const again = await refresh(index + 1, refreshed.status === 200 ? refreshed.body.refreshToken : user.refreshToken);
      expect(again.status).toBe(401);
    });
    tell(`${what}, ${shape}: the refresh came first in ${rotations} of ${count}`);
  }, PROOF_TIMEOUT_MS);

  it('lets no login with the old password survive its change', async () => {
    await inLanes(`old passwords, ${shape}`, scaled(50), 4, async (index) => {
      const user = await registerUser(service.api);
      const [old, changed] = await Promise.all([
        at(service, index).post('/v1/auth/login', { identifier: user.email, password: user.password }),
        at(service, index + 1).post('/v1/auth/password', { currentPassword: user.password, newPassword: `${user.password} anew` }, { token: user.token }),
      ]);
      expect(changed.status).toBe(204);
      if (old.status === 200) expect((await service.api.get('/v1/users/me', { token: old.body.accessToken })).status).toBe(401);
      expect((await service.api.get('/v1/users/me', { token: user.token })).status).toBe(200);
    });
  }, PROOF_TIMEOUT_MS);
});
