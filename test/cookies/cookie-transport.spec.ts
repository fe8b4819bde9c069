import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { registerUser, type ApiClient, type ApiAnswer } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';

const LISTED = 'https://app.example';
/** Of PUBLIC_URL in the tests' configuration. */
const OWN = 'http://likeness.test';
const STRANGER = 'https://evil.example';
const NAME = '__Host-likeness_refresh';
const PASSWORD = 'correct horse battery';
const COOKIE = /^__Host-likeness_refresh=(lr_[\w-]+); HttpOnly; Secure; SameSite=Strict; Path=\/; Max-Age=(\d+)$/;
const CLEARED = `${NAME}=; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=0`;

describeOnEitherShape('the refresh token as a cookie', (shape) => {
  let service: BundledService;
  let api: ApiClient;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', ALLOWED_ORIGINS: LISTED, REFRESH_GRACE_SECONDS: '0', SESSION_IDLE_TTL_SECONDS: '5000' });
    api = service.api;
  });
  afterAll(() => service.stop());

  const register = (headers: Record<string, string>): Promise<ApiAnswer> => {
    const tag = randomUUID().slice(0, 13);
    return api.post('/v1/auth/register', { email: `${tag}@example.test`, username: `u${tag}`, password: PASSWORD, transport: 'cookie' }, { headers });
  };
  const cookieOf = (answer: ApiAnswer): string => {
    const [, value] = COOKIE.exec(answer.headers.get('set-cookie') ?? '') ?? [];
    if (value === undefined) throw new Error(`no cookie: ${answer.status} ${answer.headers.get('set-cookie')}`);
    return value;
  };
  const withCookie = (value: string, headers: Record<string, string> = {}): Record<string, string> => ({ cookie: `theme=dark; ${NAME}=${value}`, ...headers });
  const page = (value: string, origin = LISTED): Record<string, string> => withCookie(value, { origin, 'content-type': 'application/json' });
  const refresh = (headers: Record<string, string>, body?: object): Promise<ApiAnswer> => api.post('/v1/auth/refresh', body, { headers });
  const logout = (headers: Record<string, string>, token?: string): Promise<ApiAnswer> => api.post('/v1/auth/logout', undefined, { headers, ...(token !== undefined && { token }) });
  const isLive = async (token: string): Promise<boolean> => (await api.get('/v1/users/me', { token })).status === 200;

  it.each([LISTED, OWN])('comes at register and login, for as long as it lives, and not in the body (%s)', async (origin) => {
    const registered = await register({ origin });
    expect(registered.status).toBe(201);
    expect(registered.body.tokens).not.toHaveProperty('refreshToken');
    const login = await api.post('/v1/auth/login', { identifier: registered.body.user.email, password: PASSWORD, transport: 'cookie' }, { headers: { origin } });
    expect(login.status).toBe(200);
    expect(login.body).not.toHaveProperty('refreshToken');
    for (const answer of [registered, login]) {
      expect(cookieOf(answer)).toMatch(/^lr_/);
      expect(Number(COOKIE.exec(answer.headers.get('set-cookie')!)![2])).toBe(5_000);
    }
    expect(await isLive(login.body.accessToken)).toBe(true);
  });

  it('is not given unasked, nor to pages that are not allowed, and then nothing is done', async () => {
    const user = await registerUser(api);
    const before = (await api.get('/v1/auth/sessions', { token: user.token })).body.items.length;
    for (const headers of [{}, { origin: STRANGER }, { origin: 'null' }] as Record<string, string>[]) {
      const refused = await api.post('/v1/auth/login', { identifier: user.email, password: user.password, transport: 'cookie' }, { headers });
      expect([refused.status, refused.body.code, refused.headers.get('set-cookie')]).toEqual([403, 'auth.origin_refused', null]);
      expect((await register(headers)).status).toBe(403);
    }
    expect((await api.get('/v1/auth/sessions', { token: user.token })).body.items).toHaveLength(before);
    const plain = await api.post('/v1/auth/login', { identifier: user.email, password: user.password }, { headers: { origin: LISTED } });
    expect([typeof plain.body.refreshToken, plain.headers.get('set-cookie')]).toEqual(['string', null]);
    const odd = await api.post('/v1/auth/login', { identifier: user.email, password: user.password, transport: 'pigeon' });
    expect([odd.status, odd.body.errors[0].field]).toEqual([400, 'transport']);
  });

  it('is turned into the next one by refresh, and the one before is spent', async () => {
    const first = cookieOf(await register({ origin: LISTED }));
    const refreshed = await refresh(page(first));
    expect(refreshed.status).toBe(200);
    expect(refreshed.body).not.toHaveProperty('refreshToken');
    const second = cookieOf(refreshed);
    expect(second).not.toBe(first);
    expect((await refresh(page(second, OWN), {})).status).toBe(200);
    const reused = await refresh(page(first));
    expect([reused.status, reused.body.code, reused.headers.get('set-cookie')]).toEqual([401, 'auth.refresh_reused', null]);
  });

  it('refreshes nothing for a page of a stranger, without an Origin, or without a JSON content type', async () => {
    const cookie = cookieOf(await register({ origin: LISTED }));
    const attempts = [
      page(cookie, STRANGER),
      page(cookie, `${LISTED}.evil`),
      withCookie(cookie, { 'content-type': 'application/json' }),
      withCookie(cookie, { origin: LISTED }),
    ];
    for (const headers of attempts) {
      const refused = await refresh(headers);
      expect([refused.status, refused.body.code]).toEqual([403, 'auth.origin_refused']);
    }
    const form = await api.post('/v1/auth/refresh', 'a=b', { headers: withCookie(cookie, { origin: STRANGER, 'content-type': 'text/plain' }) });
    expect(form.status).toBe(415);
    expect((await refresh(page(cookie))).status).toBe(200);
  });

  it('gives way to a refresh token in the body, which needs no Origin and is answered in the body', async () => {
    const user = await registerUser(api);
    const cookie = cookieOf(await register({ origin: LISTED }));
    const answer = await refresh(withCookie(cookie), { refreshToken: user.refreshToken });
    expect([answer.status, answer.body.sessionId, typeof answer.body.refreshToken, answer.headers.get('set-cookie')]).toEqual([200, user.sessionId, 'string', null]);
    expect((await refresh(withCookie('nonsense'), { refreshToken: answer.body.refreshToken })).status).toBe(200);
    expect((await refresh(page(cookie))).status).toBe(200);
  });

  it.each([LISTED, OWN])('may be missing on a page that is allowed: nobody is signed in there, which is no error (%s)', async (origin) => {
    for (const headers of [{ origin }, { origin, cookie: 'theme=dark' }, withCookie('', { origin })] as Record<string, string>[]) {
      for (const body of [undefined, {}]) {
        const answer = await refresh({ 'content-type': 'application/json', ...headers }, body);
        expect([answer.status, answer.bytes.length, answer.headers.get('set-cookie'), answer.headers.get('cache-control')]).toEqual([204, 0, null, 'no-store']);
      }
    }
  });

  it('is missed when there is neither, anywhere else', async () => {
    for (const headers of [{}, { origin: STRANGER }, withCookie('')] as Record<string, string>[]) {
      const { status, body } = await refresh({ 'content-type': 'application/json', ...headers });
      expect([status, body.code, body.errors[0].field]).toEqual([400, 'request.invalid', 'refreshToken']);
    }
  });

  it('ends its session at logout, and goes', async () => {
    const registered = await register({ origin: LISTED });
    const done = await logout(page(cookieOf(registered)));
    expect([done.status, done.headers.get('set-cookie')]).toEqual([204, CLEARED]);
    expect(await isLive(registered.body.tokens.accessToken)).toBe(false);
    expect((await refresh(page(cookieOf(registered)))).status).toBe(401);
  });

  it('stays another session’s at a logout that names one in the body, and goes from the page that logged out', async () => {
    const [user, registered] = [await registerUser(api), await register({ origin: LISTED })];
    const done = await api.post('/v1/auth/logout', { refreshToken: user.refreshToken }, { headers: page(cookieOf(registered)) });
    expect([done.status, done.headers.get('set-cookie')]).toEqual([204, CLEARED]);
    expect([await isLive(user.token), await isLive(registered.body.tokens.accessToken)]).toEqual([false, true]);
  });

  it('logs nobody out for a page of a stranger', async () => {
    const registered = await register({ origin: LISTED });
    const cookie = cookieOf(registered);
    for (const headers of [page(cookie, STRANGER), withCookie(cookie), withCookie(cookie, { origin: LISTED })]) {
      const refused = await logout(headers);
      expect([refused.status, refused.body.code, refused.headers.get('set-cookie')]).toEqual([403, 'auth.origin_refused', null]);
    }
    expect(await isLive(registered.body.tokens.accessToken)).toBe(true);
  });

  it.each([
    ['a broken cookie', () => withCookie('nonsense')],
    ['a broken cookie of an allowed page', () => page('nonsense')],
    ['a cookie with a stranger’s Origin', () => page('nonsense', STRANGER)],
  ])('never hides a good bearer header (%s)', async (_what, headers) => {
    const user = await registerUser(api);
    expect((await api.get('/v1/users/me', { token: user.token, headers: headers() })).status).toBe(200);
    expect((await logout(headers(), user.token)).status).toBe(204);
    expect(await isLive(user.token)).toBe(false);
  });

  it('signs nobody in anywhere else', async () => {
    const cookie = cookieOf(await register({ origin: LISTED }));
    for (const path of ['/v1/users/me', '/v1/auth/sessions']) expect((await api.get(path, { headers: page(cookie) })).status).toBe(401);
  });

  it('can be used by listed pages across origins, and by no others', async () => {
    const preflight = (origin: string) => fetch(`${api.url}/v1/auth/refresh`, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' } });
    const listed = await preflight(LISTED);
    expect([listed.status, listed.headers.get('access-control-allow-origin'), listed.headers.get('access-control-allow-credentials')]).toEqual([204, LISTED, 'true']);
    const stranger = await preflight(STRANGER);
    expect([stranger.headers.get('access-control-allow-origin'), stranger.headers.get('access-control-allow-credentials')]).toEqual([null, null]);
    const cookie = cookieOf(await register({ origin: LISTED }));
    const refreshed = await refresh(page(cookie));
    expect([refreshed.headers.get('access-control-allow-origin'), refreshed.headers.get('access-control-allow-credentials')]).toEqual([LISTED, 'true']);
    expect((await refresh(page(cookie, STRANGER))).headers.get('access-control-allow-credentials')).toBeNull();
  });
}, 'PostgreSQL alone');
