import { afterAll, beforeAll, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { makeKey, requestKey } from './api-keys-client.js';

const ALL_OWN = ['users:read', 'users:write', 'avatars:write'];

describeOnEitherShape('the scopes of API keys', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;
  let user: RegisteredUser;
  let picture: Buffer;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
    admin = await registerUser(service.api);
    user = await registerUser(service.api);
    picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'teal' } }).png().toBuffer();
  });
  afterAll(() => service.stop());

  const codeOf = ({ status, body }: ApiAnswer): [number, string | undefined] => [status, body?.code];
  const insufficient = [403, 'auth.insufficient_scope'];

  it('open their routes and no others, and the refusal names the scope that it needs (RFC 6750 §3.1)', async () => {
    const put = (path: string) => (token: string) => service.api.put(path, picture, { token, headers: { 'content-type': 'image/png' } });
    const routes: Record<string, ((token: string) => Promise<ApiAnswer>)[]> = {
      'users:read': [
        (token) => service.api.get('/v1/users/me', { token }),
        (token) => service.api.get(`/v1/users/${admin.id}`, { token }),
        (token) => service.api.post('/v1/users/lookup', { ids: [admin.id] }, { token }),
      ],
      'users:write': [(token) => service.api.patch('/v1/users/me', { displayName: 'By key' }, { token })],
      'avatars:write': [put('/v1/users/me/avatar'), put(`/v1/users/${user.id}/avatar`), (token) => service.api.delete('/v1/users/me/avatar', { token })],
    };
    for (const scope of ALL_OWN) {
      const { secret } = await makeKey(service.api, user, [scope]);
      for (const [needed, calls] of Object.entries(routes)) {
        for (const call of calls) {
          const answer = await call(secret);
          if (needed === scope) expect([200, 204]).toContain(answer.status);
          else {
            expect(codeOf(answer)).toEqual(insufficient);
            expect(answer.headers.get('www-authenticate')).toBe(`Bearer error="insufficient_scope", scope="${needed}"`);
          }
        }
      }
    }
  });

  it('never open keys, sessions, passwords, emails or the account itself, whatever they are', async () => {
    const { id, secret: token } = await makeKey(service.api, admin, [...ALL_OWN, 'tokens:introspect', 'tokens:revoke']);
    const currentPassword = admin.password;
    const refused = await Promise.all([
      service.api.get('/v1/auth/api-keys', { token }),
      service.api.post('/v1/auth/api-keys', { name: 'another', scopes: ['users:read'] }, { token }),
      service.api.delete(`/v1/auth/api-keys/${id}`, { token }),
      service.api.post(`/v1/auth/api-keys/${id}/rotate`, {}, { token }),
      service.api.get('/v1/auth/sessions', { token }),
      service.api.delete(`/v1/auth/sessions/${admin.sessionId}`, { token }),
      service.api.post('/v1/auth/logout-all', {}, { token }),
      service.api.post('/v1/auth/logout', undefined, { token }),
      service.api.post('/v1/auth/password', { currentPassword, newPassword: 'another good password' }, { token }),
      service.api.post(`/v1/users/${user.id}/tokens`, { ttlSeconds: 60 }, { token }),
      service.api.get(`/v1/users/${user.id}/sessions`, { token }),
      service.api.delete(`/v1/users/${user.id}/sessions`, { token }),
      service.api.delete('/v1/users/me', { body: { currentPassword }, token }),
      service.api.delete(`/v1/users/${user.id}`, { token }),
      service.api.patch('/v1/users/me', { email: 'new@example.test', currentPassword }, { token }),
      service.api.patch('/v1/users/me', { displayName: 'x', currentPassword }, { token }),
      service.api.patch(`/v1/users/${user.id}`, { email: 'new@example.test' }, { token }),
      service.api.patch(`/v1/users/${user.id}`, { emailVerified: true }, { token }),
      service.api.patch(`/v1/users/${user.id}`, { roles: ['admin'] }, { token }),
      service.api.post('/v1/users', { email: 'adm@example.test', username: 'adm', roles: ['admin'] }, { token }),
    ]);
    expect(refused.map(codeOf)).toEqual(refused.map(() => insufficient));
    expect((await service.api.get('/v1/users/me', { token: admin.token })).body.email).toBe(admin.email);
    expect((await service.api.get('/v1/users/me', { token: user.token })).status).toBe(200);
  });

  it('of others’ tokens are an admin’s to grant', async () => {
    for (const scope of ['tokens:introspect', 'tokens:revoke']) {
      expect(codeOf(await requestKey(service.api, user, ['users:read', scope]))).toEqual([403, 'auth.forbidden']);
      expect((await requestKey(service.api, admin, [scope])).status).toBe(201);
    }
  });

  it('reach others’ accounts by an admin’s key alone', async () => {
    const { secret: token } = await makeKey(service.api, admin, ALL_OWN);
    expect((await service.api.get(`/v1/users/${user.id}`, { token })).body.email).toBe(user.email);
    expect((await service.api.get('/v1/users', { token })).status).toBe(200);
    expect((await service.api.patch(`/v1/users/${user.id}`, { displayName: 'By the admin' }, { token })).body.displayName).toBe('By the admin');
    const made = await service.api.post('/v1/users', { email: 'made@example.test', username: 'made', roles: ['clerk'] }, { token });
    expect([made.status, made.body.roles]).toEqual([201, ['clerk']]);
    const own = await makeKey(service.api, user, ALL_OWN);
    expect((await service.api.get(`/v1/users/${admin.id}`, { token: own.secret })).body.email).toBeUndefined();
    expect(codeOf(await service.api.get('/v1/users', { token: own.secret }))).toEqual([403, 'auth.forbidden']);
    expect(codeOf(await service.api.patch(`/v1/users/${admin.id}`, { displayName: 'x' }, { token: own.secret }))).toEqual([403, 'auth.forbidden']);
    expect(codeOf(await service.api.delete(`/v1/users/${admin.id}/avatar`, { token: own.secret }))).toEqual([403, 'auth.forbidden']);
  });

  it('are never more than what the owner was when granting them, nor than what the owner is', async () => {
    const climber = await registerUser(service.api);
    const setRoles = (roles: string[]) => service.api.patch(`/v1/users/${climber.id}`, { roles }, { token: admin.token });
    const early = await makeKey(service.api, climber, ['users:read']);
    await setRoles(['admin']);
    const late = await makeKey(service.api, climber, ['users:read']);
    const listBy = async (token: string) => (await service.api.get('/v1/users', { token })).status;
    expect(await Promise.all([early, late].map(({ secret }) => listBy(secret)))).toEqual([403, 200]);
    await setRoles([]);
    expect(await Promise.all([early, late].map(({ secret }) => listBy(secret)))).toEqual([403, 403]);
    expect((await service.api.get('/v1/users/me', { token: late.secret })).status).toBe(200);
  });
}, 'PostgreSQL alone');
