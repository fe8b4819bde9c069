import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { MemoryTokenStore, type Problem } from '../../clients/typescript/src/index.js';
import { eventually } from '../kit/eventually.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { browserLike, clientOf, PASSWORD, registered, registration, Wire } from './signing-in.js';

const ME = '/v1/users/me';
const REFRESH = '/v1/auth/refresh';
const ORIGIN = 'https://app.example';
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC', 'base64');

describeOnEitherShape('the TypeScript client', (shape) => {
  let service: BundledService;
  let url: string;
  let admin: RegisteredUser;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', ALLOWED_ORIGINS: ORIGIN, LOGIN_POLICY_MAX: '1', REFRESH_GRACE_SECONDS: '60' });
    url = service.api.url;
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  /** A token of this user of which the service says that it has expired. */
  const expiredTokenOf = async (userId: string): Promise<string> => {
    const { body } = await service.api.post(`/v1/users/${userId}/tokens`, { ttlSeconds: 1 }, { token: admin.token });
    await eventually('the token has expired', async () => (await service.api.get(ME, { token: body.accessToken })).body.code === 'auth.token_expired', { everyMs: 50 });
    return body.accessToken;
  };
  /** A session whose access token has expired; the client believes that it is good for so long. */
  const holdingAnExpiredToken = async (believedSeconds: number) => {
    const store = Object.assign(new MemoryTokenStore(), { name: registration().username });
    const known = await registered(url, { store });
    const accessToken = await expiredTokenOf(known.userId);
    await known.likeness.adopt({ ...store.load()!, accessToken, expiresIn: believedSeconds });
    return { ...known, store };
  };

  it('registers, reads, uploads, lists sessions, refreshes and signs out', async () => {
    const { likeness, reasons, userId } = await registered(url);
    const me = await likeness.api.GET('/v1/users/me');
    expect(me.data?.id).toBe(userId);
    expect((await likeness.uploadAvatar(new Blob([PNG]), { crop: { x: 0, y: 0, size: 1 } })).data?.kind).toBe('uploaded');
    expect((await likeness.uploadAvatar(new Blob([PNG]), { userId, ifMatch: '"another"' })).error?.code).toBe('request.precondition_failed');
    const sessions = await likeness.api.GET('/v1/auth/sessions');
    expect(sessions.data?.items.map(({ id }) => id)).toEqual([likeness.session.current?.sessionId]);
    expect((await likeness.signOut()).response.status).toBe(204);
    expect([likeness.session.current, reasons]).toEqual([null, ['auth.session_ended']]);
    expect((await likeness.api.GET('/v1/users/me')).error?.code).toBe('auth.token_missing');
  });

  it.each([['which it knows', 0], ['which the service tells it', 900]])('makes one refresh of 32 requests with an expired token, %s', async (_what, believed) => {
    const { likeness, wire, reasons } = await holdingAnExpiredToken(believed);
    const answers = await Promise.all(Array.from({ length: 32 }, () => likeness.api.GET('/v1/users/me')));
    expect(answers.map(({ response }) => response.status)).toEqual(Array(32).fill(200));
    expect([wire.count(REFRESH), reasons]).toEqual([1, []]);
  });

  it('takes turns with whoever keeps tokens in the same place', async () => {
    const { store, ...first } = await holdingAnExpiredToken(900);
    const second = clientOf(url, { store });
    expect(await second.likeness.session.resume()).toBe(true);
    const answers = await Promise.all([first, second, first, second].map(({ likeness }) => likeness.api.GET('/v1/users/me')));
    expect(answers.map(({ response }) => response.status)).toEqual([200, 200, 200, 200]);
    expect(first.wire.count(REFRESH) + second.wire.count(REFRESH)).toBe(1);
    await first.likeness.signOut();
    await eventually('the other tabs have heard', () => second.reasons.length > 0);
    expect(second.reasons).toEqual(['auth.session_ended']);
    for (const { likeness } of [first, second]) likeness.close();
  });

  it('survives answers to a refresh that are lost, and keeps its session', async () => {
    const { likeness, wire, reasons } = await holdingAnExpiredToken(0);
    let lost = 0;
    wire.loses = ({ url: asked }) => asked.endsWith(REFRESH) && lost++ < 2;
    const before = likeness.session.current?.sessionId;
    expect((await likeness.api.GET('/v1/users/me')).response.status).toBe(200);
    expect([wire.count(REFRESH), likeness.session.current?.sessionId, reasons]).toEqual([3, before, []]);
  });

  it('says why a session is over, and asks nothing more', async () => {
    const evicted = await registered(url);
    const other = clientOf(url);
    await other.likeness.signIn({ identifier: evicted.email, password: PASSWORD });
    expect((await evicted.likeness.api.GET('/v1/users/me')).error?.code).toBe('auth.session_evicted');
    expect([evicted.reasons, evicted.likeness.session.current]).toEqual([['auth.session_evicted'], null]);
    await evicted.likeness.api.GET('/v1/users/me');
    expect(evicted.reasons).toHaveLength(1);
    const { likeness, reasons } = await registered(url);
    await likeness.api.POST('/v1/auth/logout-all', { body: {} });
    await likeness.api.GET('/v1/users/me');
    expect(reasons).toEqual(['auth.session_ended']);
  });

  it('takes a wrong password for no end of a session', async () => {
    const { likeness, wire, reasons } = await registered(url);
    const { error } = await likeness.api.POST('/v1/auth/password', { body: { currentPassword: 'not it at all', newPassword: 'another horse battery' } });
    expect([error?.code, wire.count(REFRESH), reasons]).toEqual(['auth.invalid_credentials', 0, []]);
  });

  it('waits as long as Retry-After says, with the same Idempotency-Key, and no longer than it was told to', async () => {
    const { likeness, wire, userId } = await registered(url);
    const problem: Problem = { type: 'urn:x', title: 'Busy', status: 503, detail: '', instance: '', code: 'service.unavailable' };
    const busy = (retryAfter: string): Response => new Response(JSON.stringify(problem), { status: 503, headers: { 'retry-after': retryAfter, 'content-type': 'application/problem+json' } });
    const create = () => likeness.api.POST('/v1/auth/api-keys', { body: { name: 'a key', scopes: ['users:read'] } });
    let left = 2;
    wire.before = () => (left-- > 0 ? busy('0') : undefined);
    expect((await create()).response.status).toBe(201);
    const keys = wire.requests.filter(({ path }) => path === '/v1/auth/api-keys').map(({ headers }) => headers.get('idempotency-key'));
    expect([keys.length, new Set(keys).size, typeof keys[0]]).toEqual([3, 1, 'string']);
    // The answer is lost, and asked for again: one key is made.
    let lost = 1;
    wire.before = () => undefined;
    wire.loses = ({ method }) => method === 'POST' && lost-- > 0;
    const replayed = await create();
    expect(replayed.response.headers.get('idempotency-replayed')).toBe('true');
    expect((await likeness.api.GET('/v1/auth/api-keys')).data?.items).toHaveLength(2);
    wire.loses = () => false;
    wire.before = () => busy('60');
    expect((await likeness.api.GET('/v1/users/{id}', { params: { path: { id: userId } } })).response.status).toBe(503);
    const asked = wire.count('/v1/users/lookup');
    wire.before = () => busy('0');
    expect((await likeness.api.POST('/v1/users/lookup', { body: { ids: [userId] } })).response.status).toBe(503);
    expect(wire.count('/v1/users/lookup') - asked).toBe(1);
  });

  it('lets go when its caller does', async () => {
    const { likeness, wire } = await registered(url);
    const controller = new AbortController();
    wire.before = () => {
      controller.abort(new Error('enough'));
      return undefined;
    };
    await expect(likeness.api.GET('/v1/users/me', { signal: controller.signal })).rejects.toThrow('enough');
    expect(wire.count(ME)).toBe(1);
  });

  it('keeps its refresh token in a cookie: signed in, gone on with in the next tab, signed out in all', async () => {
    const jar = { cookie: '' };
    const tab = () => {
      const wire = new Wire();
      return { ...clientOf(url, { transport: 'cookie', fetch: browserLike(ORIGIN, jar)(wire.send) }), wire };
    };
    const [first, second] = [tab(), tab()];
    const { data } = await first.likeness.register(registration());
    expect(data?.tokens).not.toHaveProperty('refreshToken');
    expect(jar.cookie).toMatch(/^__Host-likeness_refresh=lr_/);
    await eventually('the other tabs have heard', () => second.likeness.session.current !== null);
    expect((await second.likeness.api.GET('/v1/users/me')).data?.id).toBe(data?.user.id);
    const third = tab();
    expect([await third.likeness.session.resume(), third.wire.count(REFRESH)]).toEqual([true, 1]);
    const accessToken = await expiredTokenOf(data!.user.id);
    await first.likeness.adopt({ ...data!.tokens, accessToken });
    for (const { likeness } of [second, third]) await eventually('the other tabs have the token', async () => (await likeness.session.accessToken()) === accessToken);
    const refreshes = () => [first, second, third].reduce((sum, { wire }) => sum + wire.count(REFRESH), 0);
    const before = refreshes();
    const answers = await Promise.all([first, second, third].map(({ likeness }) => likeness.api.GET('/v1/users/me')));
    expect([answers.map(({ response }) => response.status), refreshes() - before]).toEqual([[200, 200, 200], 1]);
    await second.likeness.signOut();
    await eventually('the other tabs have heard', () => first.reasons.length + third.reasons.length === 2);
    expect([first.reasons, third.reasons, jar.cookie]).toEqual([['auth.session_ended'], ['auth.session_ended'], '']);
    const fourth = tab();
    expect([await fourth.likeness.session.resume(), fourth.reasons]).toEqual([false, []]);
    for (const { likeness } of [first, second, third, fourth]) likeness.close();
  });
});
