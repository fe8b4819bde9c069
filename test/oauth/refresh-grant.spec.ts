import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { makeKey, meBy } from '../api-keys/api-keys-client.js';
import { exchange } from '../http/raw-exchange.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { basic, bearer, errorOf, postForm } from './oauth-client.js';

describeOnEitherShape('the refresh grant (RFC 6749 §6)', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', REFRESH_GRACE_SECONDS: '0' });
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  const token = (form: Record<string, string> | string, authorization?: string) => postForm(service.api, '/oauth/token', form, authorization);
  const grant = (refreshToken: string, more: Record<string, string> = {}) => token({ grant_type: 'refresh_token', refresh_token: refreshToken, ...more });

  it('gives the next pair of the same session, in the standard’s own words', async () => {
    const user = await registerUser(service.api);
    const { status, body, headers } = await grant(user.refreshToken, { client_id: 'likeness', resource: 'ignored' });
    expect([status, headers.get('cache-control'), headers.get('pragma')]).toEqual([200, 'no-store', 'no-cache']);
    const { exp, iat, sid } = decodeJwt(body.access_token);
    expect(body).toEqual({ access_token: expect.any(String), token_type: 'Bearer', expires_in: exp! - iat!, refresh_token: expect.stringMatching(/^lr_/) });
    expect(sid).toBe(user.sessionId);
    expect((await meBy(service.api, body.access_token))[0]).toBe(200);
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: body.refresh_token })).status).toBe(200);
  });

  it('is an invalid_grant for whatever refresh token is refused', async () => {
    const user = await registerUser(service.api);
    await grant(user.refreshToken);
    const reused = await grant(user.refreshToken);
    expect(errorOf(reused)).toEqual([400, 'invalid_grant']);
    expect(reused.body.error_description).toMatch(/used before/);
    expect(reused.headers.get('cache-control')).toBe('no-store');
    expect(await meBy(service.api, user.token)).toEqual([401, 'auth.session_ended']);
    for (const refreshToken of ['nonsense', user.token, user.refreshToken]) expect(errorOf(await grant(refreshToken))).toEqual([400, 'invalid_grant']);
    const disabled = await registerUser(service.api);
    await service.api.patch(`/v1/users/${disabled.id}`, { disabled: true }, { token: admin.token });
    expect(errorOf(await grant(disabled.refreshToken))).toEqual([400, 'invalid_grant']);
  });

  it.each([
    ['', 'invalid_request'],
    ['grant_type=refresh_token', 'invalid_request'],
    ['grant_type=refresh_token&refresh_token=', 'invalid_request'],
    ['refresh_token=x', 'invalid_request'],
    ['grant_type=refresh_token&refresh_token=x&refresh_token=y', 'invalid_request'],
    ['grant_type=refresh_token&refresh_token=%zz', 'invalid_request'],
    ['grant_type=refresh_token&refresh_token=%00', 'invalid_grant'],
    ['grant_type=password&username=ada&password=x', 'unsupported_grant_type'],
    ['grant_type=client_credentials', 'unsupported_grant_type'],
    ['grant_type=refresh_token&refresh_token=x&scope=admin', 'invalid_scope'],
  ])('answers %j with %s', async (form, error) => {
    expect(errorOf(await token(form))).toEqual([400, error]);
  });

  it('takes no API key for a client: keys manage no sessions', async () => {
    const user = await registerUser(service.api);
    const { secret } = await makeKey(service.api, admin, ['tokens:introspect', 'tokens:revoke']);
    const form = { grant_type: 'refresh_token', refresh_token: user.refreshToken };
    for (const authorization of [bearer(secret), basic('x', secret), bearer(user.token)]) expect(errorOf(await token(form, authorization))).toEqual([401, 'invalid_client']);
    expect(errorOf(await token({ ...form, client_secret: secret }))).toEqual([401, 'invalid_client']);
    expect((await token(form)).status).toBe(200);
  });

  it('speaks OAuth under /oauth whatever goes wrong, the framework’s errors included', async () => {
    const json = await service.api.post('/oauth/token', { grant_type: 'refresh_token' });
    expect([...errorOf(json), json.body.code]).toEqual([415, 'invalid_request', undefined]);
    const plain = await service.api.post('/oauth/token', 'grant_type=refresh_token', { headers: { 'content-type': 'text/plain' } });
    expect(errorOf(plain)).toEqual([415, 'invalid_request']);
    const get = await service.api.get('/oauth/token');
    expect([...errorOf(get), get.headers.get('allow')]).toEqual([405, 'invalid_request', 'OPTIONS, POST']);
    for (const path of ['/oauth', '/oauth/', '/oauth/authorize', '/oauth/token/x?y=z']) expect(errorOf(await service.api.get(path))).toEqual([404, 'invalid_request']);
    expect(errorOf(await token(`grant_type=refresh_token&refresh_token=${'x'.repeat(40_000)}`))).toEqual([413, 'invalid_request']);
    expect((await service.api.get('/oauthx')).body.code).toBe('request.not_found');
    const { text: malformed } = await exchange(service.api.port, 'GET /oauth/%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
    expect(malformed).toMatch(/^HTTP\/1\.1 400 [^]*"error":"invalid_request"/);
    const encoded = await fetch(`${service.api.url}/%6fauth/token`, { method: 'POST' });
    expect([encoded.status, await encoded.json()]).toMatchObject([400, { error: 'invalid_request' }]);
  });

  it('takes forms nowhere else', async () => {
    const { status, body } = await postForm(service.api, '/v1/auth/login', { identifier: admin.email, password: admin.password });
    expect([status, body.code]).toEqual([415, 'request.unsupported_media_type']);
  });
}, 'PostgreSQL alone');
