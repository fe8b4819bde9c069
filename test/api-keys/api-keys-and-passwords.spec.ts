import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { makeKey, meBy, requestKey } from './api-keys-client.js';

const NEW_PASSWORD = 'another horse, another battery';

describeOnEitherShape('API keys and passwords', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
    await registerUser(service.api);
  });
  afterAll(() => service.stop());

  const changePassword = (user: RegisteredUser, more: object = {}) =>
    service.api.post('/v1/auth/password', { currentPassword: user.password, newPassword: NEW_PASSWORD, ...more }, { token: user.token });
  const login = async (user: RegisteredUser): Promise<RegisteredUser> => {
    const { body } = await service.api.post('/v1/auth/login', { identifier: user.email, password: user.password });
    return { ...user, token: body.accessToken };
  };

  it('ends every key with the password, unless its owner keeps them', async () => {
    const user = await registerUser(service.api);
    const kept = await makeKey(service.api, user, ['users:read']);
    expect((await changePassword(user, { keepApiKeys: true })).status).toBe(204);
    expect((await meBy(service.api, kept.secret))[0]).toBe(200);
    expect((await changePassword({ ...user, password: NEW_PASSWORD }, { newPassword: user.password })).status).toBe(204);
    expect(await meBy(service.api, kept.secret)).toEqual([401, 'auth.token_revoked']);
    expect((await service.api.get('/v1/auth/api-keys', { token: user.token })).body.items).toEqual([]);
  });

  it('lets no other session’s key, new or rotated, slip past a change of password that it races with', async () => {
    for (let round = 0; round < 6; round += 1) {
      const user = await registerUser(service.api);
      const thief = await login(user);
      const { id } = await makeKey(service.api, thief, ['users:read']);
      const rotate = () => service.api.post(`/v1/auth/api-keys/${id}/rotate`, {}, { token: thief.token });
      const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
      // The change spends some 20 ms on hashes before it writes; the thief tries all along.
      const attempts = Array.from({ length: 12 }, async (_, index) => {
        await pause(index * 5);
        return index % 2 === 0 ? requestKey(service.api, thief, ['users:read']) : rotate();
      });
      const [changed, ...answers] = await Promise.all([changePassword(user), ...attempts]);
      expect(changed.status).toBe(204);
      for (const { status, body } of answers) {
        if (status < 300) expect(await meBy(service.api, body.secret)).toEqual([401, 'auth.token_revoked']);
        else expect([401, 404]).toContain(status);
      }
    }
  });
}, 'PostgreSQL alone');
