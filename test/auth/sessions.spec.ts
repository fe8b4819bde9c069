import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';

describeOnEitherShape('sessions', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  const login = async (user: RegisteredUser, more: object = {}) =>
    (await service.api.post('/v1/auth/login', { identifier: user.email, password: user.password, ...more })).body;
  const codeOf = async (token: string): Promise<[number, string | undefined]> => {
    const { status, body } = await service.api.get('/v1/users/me', { token });
    return [status, body?.code];
  };

  it('says one expiry everywhere: in the token, in the answer, and as exp − iat', async () => {
    const tokens = await login(admin, { platform: 'ios', deviceName: 'phone' });
    const claims = decodeJwt(tokens.accessToken);
    expect(tokens.accessTokenExpiresAt).toBe(new Date(claims.exp! * 1000).toISOString());
    expect(tokens.expiresIn).toBe(claims.exp! - claims.iat!);
    expect(claims).toMatchObject({ sub: admin.id, sid: tokens.sessionId, client_id: 'likeness', platform: 'ios', roles: ['admin'] });
  });

  it('lists live sessions newest first and marks the current one', async () => {
    const user = await registerUser(service.api);
    const phone = await login(user, { platform: 'ios', deviceName: 'phone' });
    const { body } = await service.api.get('/v1/auth/sessions', { token: user.token });
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([phone.sessionId, user.sessionId]);
    expect(body.items.map(({ current }: { current: boolean }) => current)).toEqual([false, true]);
    expect(body.items[0]).toMatchObject({ platform: 'ios', deviceName: 'phone', ipAddress: '127.0.0.1' });
  });

  it('ends one session and leaves the others', async () => {
    const user = await registerUser(service.api);
    const phone = await login(user);
    const { status } = await service.api.delete(`/v1/auth/sessions/${phone.sessionId}`, { token: user.token });
    expect(status).toBe(204);
    expect(await codeOf(phone.accessToken)).toEqual([401, 'auth.session_ended']);
    expect((await codeOf(user.token))[0]).toBe(200);
    const refreshed = await service.api.post('/v1/auth/refresh', { refreshToken: phone.refreshToken });
    expect([refreshed.status, refreshed.body.code]).toEqual([401, 'auth.session_ended']);
  });

  it('finds no session of somebody else', async () => {
    const [user, other] = [await registerUser(service.api), await registerUser(service.api)];
    const answer = await service.api.delete(`/v1/auth/sessions/${other.sessionId}`, { token: user.token });
    expect([answer.status, answer.body.code]).toEqual([404, 'auth.session_not_found']);
    expect((await codeOf(other.token))[0]).toBe(200);
    const malformed = await service.api.delete('/v1/auth/sessions/nonsense', { token: user.token });
    expect(malformed.status).toBe(400);
  });

  it('logs out by access token, by refresh token, and not without either', async () => {
    const user = await registerUser(service.api);
    expect((await service.api.post('/v1/auth/logout', undefined, { token: user.token })).status).toBe(204);
    expect(await codeOf(user.token)).toEqual([401, 'auth.session_ended']);
    const again = await login(user);
    expect((await service.api.post('/v1/auth/logout', { refreshToken: again.refreshToken })).status).toBe(204);
    expect(await codeOf(again.accessToken)).toEqual([401, 'auth.session_ended']);
    const nothing = await service.api.post('/v1/auth/logout', {});
    expect([nothing.status, nothing.body.code]).toEqual([401, 'auth.token_missing']);
    const broken = await service.api.post('/v1/auth/logout', { refreshToken: again.refreshToken.slice(0, -1) });
    expect([broken.status, broken.body.code]).toEqual([401, 'auth.token_malformed']);
  });

  it('ends all sessions, or all but this one', async () => {
    const user = await registerUser(service.api);
    const others = await Promise.all([login(user), login(user)]);
    expect((await service.api.post('/v1/auth/logout-all', { keepCurrent: true }, { token: user.token })).status).toBe(204);
    for (const other of others) expect(await codeOf(other.accessToken)).toEqual([401, 'auth.session_ended']);
    expect((await codeOf(user.token))[0]).toBe(200);
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken })).status).toBe(200);
    const fresh = await login(user);
    expect((await service.api.post('/v1/auth/logout-all', undefined, { token: user.token })).status).toBe(204);
    expect(await codeOf(user.token)).toEqual([401, 'auth.session_ended']);
    expect(await codeOf(fresh.accessToken)).toEqual([401, 'auth.session_ended']);
    expect((await codeOf((await login(user)).accessToken))[0]).toBe(200);
  });

  it('keeps a kept session through a second end-all that keeps it too, and not through one that does not', async () => {
    const user = await registerUser(service.api);
    for (let n = 0; n < 2; n++) await service.api.post('/v1/auth/logout-all', { keepCurrent: true }, { token: user.token });
    expect((await codeOf(user.token))[0]).toBe(200);
    await service.api.delete(`/v1/users/${user.id}/sessions`, { token: admin.token });
    expect(await codeOf(user.token)).toEqual([401, 'auth.session_ended']);
  });

  describe('as administrators see and end them', () => {
    it('lists a user’s sessions and ends all, or those of one platform', async () => {
      const user = await registerUser(service.api);
      const [phone, desk] = [await login(user, { platform: 'ios' }), await login(user, { platform: 'linux' })];
      const list = await service.api.get(`/v1/users/${user.id}/sessions`, { token: admin.token });
      expect(list.body.items).toHaveLength(3);
      expect(list.body.items.every(({ current }: { current: boolean }) => !current)).toBe(true);
      expect((await service.api.delete(`/v1/users/${user.id}/sessions?platform=ios`, { token: admin.token })).status).toBe(204);
      expect((await codeOf(phone.accessToken))[0]).toBe(401);
      expect((await codeOf(desk.accessToken))[0]).toBe(200);
      expect((await service.api.delete(`/v1/users/${user.id}/sessions`, { token: admin.token })).status).toBe(204);
      expect((await codeOf(desk.accessToken))[0]).toBe(401);
    });

    it('refuses those who are none, an unknown platform and an unknown user', async () => {
      const user = await registerUser(service.api);
      const refused = await service.api.get(`/v1/users/${user.id}/sessions`, { token: user.token });
      expect([refused.status, refused.body.code]).toEqual([403, 'auth.forbidden']);
      expect((await service.api.delete(`/v1/users/${user.id}/sessions?platform=amiga`, { token: admin.token })).status).toBe(400);
      const unknown = await service.api.delete(`/v1/users/${user.id.slice(0, -4)}0000/sessions`, { token: admin.token });
      expect([unknown.status, unknown.body.code]).toEqual([404, 'user.not_found']);
    });

    it('issues tokens that live exactly as long as was asked, each by itself', async () => {
      const user = await registerUser(service.api);
      const issue = (ttlSeconds: number) => service.api.post(`/v1/users/${user.id}/tokens`, { ttlSeconds, deviceName: 'job' }, { token: admin.token });
      const short = (await issue(2)).body;
      const long = (await issue(31_536_000)).body;
      expect(short.expiresIn).toBe(2);
      expect(long.expiresIn).toBe(31_536_000);
      expect(short.refreshToken).toBeUndefined();
      const { exp } = decodeJwt(short.accessToken);
      // The stores run on this machine, so its clock brackets theirs: 200 only if asked before exp, expired only if answered from it on.
      for (;;) {
        const askedAt = Date.now();
        const { status, body } = await service.api.get('/v1/users/me', { token: short.accessToken });
        if (status === 200) {
          expect(askedAt).toBeLessThan(exp! * 1000);
          continue;
        }
        expect([status, body.code]).toEqual([401, 'auth.token_expired']);
        expect(Date.now()).toBeGreaterThanOrEqual(exp! * 1000);
        break;
      }
      expect((await codeOf(long.accessToken))[0]).toBe(200);
      expect((await codeOf(user.token))[0]).toBe(200);
    });

    it.each([0, -1, 1.5, 31_536_001, '60', null])('refuses a lifetime of %p', async (ttlSeconds) => {
      const { status } = await service.api.post(`/v1/users/${admin.id}/tokens`, { ttlSeconds }, { token: admin.token });
      expect(status).toBe(400);
    });
  });

  it('ends every session of a user who is disabled, says so, and does not bring them back', async () => {
    const user = await registerUser(service.api);
    const disable = (disabled: boolean) => service.api.patch(`/v1/users/${user.id}`, { disabled }, { token: admin.token });
    expect((await disable(true)).status).toBe(200);
    expect(await codeOf(user.token)).toEqual([401, 'auth.user_disabled']);
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken })).body.code).toBe('auth.user_disabled');
    const right = await service.api.post('/v1/auth/login', { identifier: user.email, password: user.password });
    expect([right.status, right.body.code]).toEqual([401, 'auth.user_disabled']);
    const wrong = await service.api.post('/v1/auth/login', { identifier: user.email, password: 'a guess' });
    expect(wrong.body.code).toBe('auth.invalid_credentials');
    expect((await disable(false)).status).toBe(200);
    expect(await codeOf(user.token)).toEqual([401, 'auth.session_ended']);
  });

  it('lists the sessions of one platform for an administrator', async () => {
    const user = await registerUser(service.api);
    const phone = await login(user, { platform: 'ios' });
    const { body } = await service.api.get(`/v1/users/${user.id}/sessions?platform=ios`, { token: admin.token });
    expect(body.items.map(({ id }: { id: string }) => id)).toEqual([phone.sessionId]);
    expect((await service.api.get(`/v1/users/${user.id}/sessions?platform=amiga`, { token: admin.token })).status).toBe(400);
  });

  it('calls everything malformed that is no token, and nothing missing that was presented', async () => {
    for (const refreshToken of ['x', admin.token, 'x'.repeat(5_000)]) {
      const refused = await service.api.post('/v1/auth/refresh', { refreshToken });
      expect([refused.status, refused.body.code]).toEqual([401, 'auth.token_malformed']);
    }
    const said = await service.api.get('/v1/users/me', { headers: { authorization: `Bearer ${admin.token}, Bearer x` } });
    expect([said.status, said.body.code, said.headers.get('www-authenticate')]).toEqual([401, 'auth.token_malformed', 'Bearer error="invalid_token"']);
    const silent = await service.api.get('/v1/users/me', { headers: { authorization: 'Bearer' } });
    expect([silent.body.code, silent.headers.get('www-authenticate')]).toEqual(['auth.token_missing', 'Bearer']);
  });

  it('ends every session of a user who is deleted', async () => {
    const user = await registerUser(service.api);
    expect((await service.api.delete('/v1/users/me', { token: user.token, body: { currentPassword: user.password } })).status).toBe(204);
    expect((await codeOf(user.token))[0]).toBe(401);
    const refreshed = await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken });
    expect(refreshed.status).toBe(401);
  });
});
