import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { registerUser } from '../kit/api.js';
import { describeOnBothShapes, describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';

describeOnBothShapes('refresh', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', REFRESH_GRACE_SECONDS: '60' });
  });
  afterAll(() => service.stop());

  const refresh = (refreshToken: string) => service.api.post('/v1/auth/refresh', { refreshToken });

  it('gives a new pair for the same session, and the old access token lives on until its own expiry', async () => {
    const user = await registerUser(service.api);
    const { status, body } = await refresh(user.refreshToken);
    expect(status).toBe(200);
    expect(body.sessionId).toBe(user.sessionId);
    expect(body.refreshToken).not.toBe(user.refreshToken);
    for (const token of [user.token, body.accessToken]) expect((await service.api.get('/v1/users/me', { token })).status).toBe(200);
  });

  // 64 at once, over both stores and two instances: `http-races`.
  it('gives 24 who ask at once with one token one and the same successor', async () => {
    const user = await registerUser(service.api);
    const answers = await Promise.all(Array.from({ length: 24 }, () => refresh(user.refreshToken)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.refreshToken)).size).toBe(1);
    const ids = answers.map(({ body }) => decodeJwt(body.accessToken)).map(({ jti, iat, exp }) => `${jti} ${iat} ${exp}`);
    expect(new Set(ids).size).toBe(1);
    expect((await refresh(answers[0]!.body.refreshToken)).status).toBe(200);
  });

  it.each([
    ['an access token', (user: { token: string }) => user.token],
    ['nonsense', () => 'nonsense'],
    ['a token with its last character changed', (user: { refreshToken: string }) => user.refreshToken.slice(0, -1) + (user.refreshToken.endsWith('0') ? '1' : '0')],
  ])('refuses %s', async (_what, tokenOf) => {
    const user = await registerUser(service.api);
    const { status, body } = await refresh(tokenOf(user).slice(0, 512));
    expect([status, body.code]).toEqual([401, 'auth.token_malformed']);
    expect((await service.api.get('/v1/users/me', { token: user.token })).status).toBe(200);
  });
});

describeOnBothShapes('refresh without grace', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', REFRESH_GRACE_SECONDS: '0' });
  });
  afterAll(() => service.stop());

  it('takes a token that comes back for stolen: the session ends, and both its holders are told', async () => {
    const user = await registerUser(service.api);
    const next = (await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken })).body;
    const reused = await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken });
    expect([reused.status, reused.body.code]).toEqual([401, 'auth.refresh_reused']);
    for (const token of [user.token, next.accessToken]) {
      const { status, body } = await service.api.get('/v1/users/me', { token });
      expect([status, body.code]).toEqual([401, 'auth.session_ended']);
    }
    const successor = await service.api.post('/v1/auth/refresh', { refreshToken: next.refreshToken });
    expect([successor.status, successor.body.code]).toEqual([401, 'auth.refresh_reused']);
  });
});

describeOnEitherShape('the login policy', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', LOGIN_POLICY: 'one-per-platform' });
  });
  afterAll(() => service.stop());

  it('leaves one session per platform after 20 logins at once, and tells the evicted', async () => {
    const user = await registerUser(service.api);
    const login = () => service.api.post('/v1/auth/login', { identifier: user.email, password: user.password, platform: 'ios' });
    const logins = await Promise.all(Array.from({ length: 20 }, login));
    const checks = await Promise.all(logins.map(({ body }) => service.api.get('/v1/users/me', { token: body.accessToken })));
    expect(checks.filter(({ status }) => status === 200)).toHaveLength(1);
    const refused = checks.filter(({ status }) => status === 401);
    expect(new Set(refused.map(({ body }) => body.code))).toEqual(new Set(['auth.session_evicted']));
    expect((await service.api.get('/v1/users/me', { token: user.token })).status).toBe(200);
  });
});

describeOnEitherShape('a login policy that denies', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', LOGIN_POLICY: 'single', LOGIN_POLICY_ON_LIMIT: 'deny' });
  });
  afterAll(() => service.stop());

  it('answers auth.session_limit and leaves the first session alone', async () => {
    const user = await registerUser(service.api);
    const second = await service.api.post('/v1/auth/login', { identifier: user.email, password: user.password });
    expect([second.status, second.body.code]).toEqual([403, 'auth.session_limit']);
    expect((await service.api.get('/v1/users/me', { token: user.token })).status).toBe(200);
  });
});

describeOnEitherShape('a login policy of a role', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', LOGIN_POLICY_ROLES: 'admin=single' });
  });
  afterAll(() => service.stop());

  it('holds for who has the role, and for nobody else', async () => {
    const [admin, user] = [await registerUser(service.api), await registerUser(service.api)];
    for (const { email, password, token } of [admin, user]) {
      await service.api.post('/v1/auth/login', { identifier: email, password });
      const { status } = await service.api.get('/v1/users/me', { token });
      expect(status).toBe(email === admin.email ? 401 : 200);
    }
  });
});

describeOnBothShapes('the idle limit', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', SESSION_IDLE_TTL_SECONDS: '1', ACCESS_TOKEN_TTL_SECONDS: '1' });
  });
  afterAll(() => service.stop());

  it('tells a client that its session has expired, also when the store has forgotten it', async () => {
    const user = await registerUser(service.api);
    for (;;) {
      const { status, body } = await service.api.get('/v1/users/me', { token: user.token });
      if (status === 200) continue;
      expect(body.code).toBe('auth.token_expired');
      break;
    }
    const refreshed = await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken });
    expect([refreshed.status, refreshed.body.code]).toEqual([401, 'auth.token_expired']);
  });
});
