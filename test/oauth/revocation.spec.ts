import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { makeKey, meBy } from '../api-keys/api-keys-client.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { basic, bearer, errorOf, postForm } from './oauth-client.js';

describeOnEitherShape('revocation (RFC 7009)', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  const revoke = (form: Record<string, string>, authorization?: string) => postForm(service.api, '/oauth/revoke', form, authorization);
  const refresh = async (refreshToken: string): Promise<[number, string | undefined]> => {
    const { status, body } = await service.api.post('/v1/auth/refresh', { refreshToken });
    return [status, body.code];
  };

  it('ends an access token alone, for whoever has it', async () => {
    const user = await registerUser(service.api);
    const { status, bytes } = await revoke({ token: user.token, token_type_hint: 'refresh_token' });
    expect([status, bytes.length]).toEqual([200, 0]);
    expect(await meBy(service.api, user.token)).toEqual([401, 'auth.token_revoked']);
    expect((await refresh(user.refreshToken))[0]).toBe(200);
  });

  it('ends with a refresh token its whole session', async () => {
    const user = await registerUser(service.api);
    expect((await revoke({ token: user.refreshToken })).status).toBe(200);
    expect(await meBy(service.api, user.token)).toEqual([401, 'auth.session_ended']);
    expect(await refresh(user.refreshToken)).toEqual([401, 'auth.session_ended']);
  });

  it('says the same of tokens that are over, unknown, forged or no tokens at all, and touches nothing by them', async () => {
    const user = await registerUser(service.api);
    const gone = await registerUser(service.api);
    await revoke({ token: gone.refreshToken });
    const forged = [`${user.token.slice(0, -6)}AAAAAA`, `${user.refreshToken.slice(0, 60)}${user.refreshToken[60] === 'A' ? 'B' : 'A'}${user.refreshToken.slice(61)}`];
    for (const token of [gone.token, gone.refreshToken, 'nonsense', ...forged]) {
      const { status, bytes } = await revoke({ token });
      expect([status, bytes.length]).toEqual([200, 0]);
    }
    expect((await meBy(service.api, user.token))[0]).toBe(200);
    expect((await refresh(user.refreshToken))[0]).toBe(200);
  });

  it('asks for no credentials, but for good ones where there are any', async () => {
    const user = await registerUser(service.api);
    const wrong = await makeKey(service.api, admin, ['tokens:introspect']);
    expect(errorOf(await revoke({ token: user.token }, bearer('nonsense')))).toEqual([401, 'invalid_token']);
    expect(errorOf(await revoke({ token: user.token }, basic('x', 'nonsense')))).toEqual([401, 'invalid_client']);
    expect(errorOf(await revoke({ token: user.token }, bearer(wrong.secret)))).toEqual([403, 'insufficient_scope']);
    expect((await meBy(service.api, user.token))[0]).toBe(200);
    const right = await makeKey(service.api, admin, ['tokens:revoke']);
    for (const authorization of [bearer(right.secret), basic('gateway', right.secret), bearer(admin.token), bearer(user.token)]) {
      const { accessToken } = (await service.api.post('/v1/auth/login', { identifier: user.email, password: user.password })).body;
      expect((await revoke({ token: accessToken }, authorization)).status).toBe(200);
      expect(await meBy(service.api, accessToken)).toEqual([401, 'auth.token_revoked']);
    }
    expect((await revoke({ token: user.token, client_id: 'public-app' })).status).toBe(200);
  });

  it('leaves API keys to their owners, and says so', async () => {
    const { secret } = await makeKey(service.api, admin, ['users:read']);
    expect(errorOf(await revoke({ token: secret }))).toEqual([400, 'unsupported_token_type']);
    expect((await revoke({ token: 'lk_of-nobodys-making' })).status).toBe(200);
    expect((await meBy(service.api, secret))[0]).toBe(200);
    expect(errorOf(await revoke({}))).toEqual([400, 'invalid_request']);
  });
}, 'PostgreSQL alone');
