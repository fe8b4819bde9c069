import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Api, registerUser, type RegisteredUser } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { testRedis, type TestRedis } from '../kit/redis.js';

describe.each(['PostgreSQL alone', 'Redis'])('the whole application on %s', (shape) => {
  let database: TestDatabase;
  let redis: TestRedis | null = null;
  let api: Api;
  let ada: RegisteredUser;

  beforeAll(async () => {
    database = await withDatabase();
    redis = shape === 'Redis' ? await testRedis() : null;
    api = await Api.start(testConfig({ DATABASE_URL: database.url, ...(redis && { REDIS_URL: redis.url }) }));
    ada = await registerUser(api);
  });

  afterAll(async () => {
    await api.close();
    await redis?.close();
    await database.drop();
  });

  it('is alive and ready, and never lets a probe be cached', async () => {
    const [live, ready] = await Promise.all([api.get('/health/live'), api.get('/health/ready')]);
    expect(live.body).toEqual({ status: 'ok' });
    expect(ready.status).toBe(200);
    expect(Object.keys(ready.body.details)).toEqual(expect.arrayContaining(['database', 'migrations', 'signingKey', 'storage']));
    expect(ready.headers.get('cache-control')).toBe('no-store');
  });

  it('answers 304 to who holds the current version, by GET and HEAD, with the headers of the 200', async () => {
    const ok = await api.get('/v1/users/me', { token: ada.token });
    const etag = ok.headers.get('etag')!;
    for (const method of ['GET', 'HEAD']) {
      const held = await api.request(method, '/v1/users/me', { token: ada.token, headers: { 'if-none-match': `"x", W/${etag}` } });
      expect(held.status).toBe(304);
      expect(held.headers.get('etag')).toBe(etag);
      expect(held.headers.get('cache-control')).toBe('private, no-cache, no-transform');
      expect(held.headers.get('content-length')).toBeNull();
    }
  });

  it('never answers 304 to a write', async () => {
    const ok = await api.get('/v1/users/me', { token: ada.token });
    const patched = await api.patch('/v1/users/me', { displayName: 'Ada' }, { token: ada.token, headers: { 'if-none-match': ok.headers.get('etag')! } });
    expect(patched.status).toBe(200);
  });

  it('serves its document, and a page to read it that needs no other origin', async () => {
    const document = await api.get('/openapi.json');
    expect(document.body.openapi).toBe('3.1.0');
    const page = await api.get('/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self'");
    const html = page.bytes.toString('utf8');
    expect(html).not.toMatch(/https?:\/\//);
    for (const [, source] of html.matchAll(/(?:src|href)="([^"]+)"/g)) {
      const asset = await api.get(new URL(source!, 'http://x/docs').pathname);
      expect([source, asset.status]).toEqual([source, 200]);
      expect(asset.headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });

  it('refuses a stranger with a challenge that names no error, and a bad token with one that does', async () => {
    const [none, bad] = await Promise.all([api.get('/v1/users/me'), api.get('/v1/users/me', { token: 'x' })]);
    expect([none.status, none.body.code, none.headers.get('www-authenticate')]).toEqual([401, 'auth.token_missing', 'Bearer']);
    expect([bad.status, bad.body.code, bad.headers.get('www-authenticate')]).toEqual([401, 'auth.token_malformed', 'Bearer error="invalid_token"']);
  });

  it.each([
    ['an id that is none', 'GET', '/v1/users/x', undefined, 400, 'request.invalid'],
    ['an id that nobody has', 'GET', '/v1/users/00000000-0000-7000-8000-000000000000', undefined, 404, 'user.not_found'],
    ['text that PostgreSQL cannot hold', 'PATCH', '/v1/users/me', { displayName: 'a\0b' }, 400, 'request.invalid'],
    ['half a surrogate pair', 'PATCH', '/v1/users/me', { displayName: 'a\ud800' }, 400, 'request.invalid'],
    ['a list where an object belongs', 'PATCH', '/v1/users/me', [], 400, 'request.invalid'],
    ['an unknown field', 'PATCH', '/v1/users/me', { admin: true }, 400, 'request.invalid'],
    ['a body on logout that is none of its kind', 'POST', '/v1/auth/logout', { refreshToken: 7 }, 400, 'request.invalid'],
    ['an unknown path', 'GET', '/v1/nothing', undefined, 404, 'request.not_found'],
    ['a wrong method', 'PUT', '/v1/users/me', {}, 405, 'request.method_not_allowed'],
  ] as const)('refuses %s', async (_what, method, path, body, status, code) => {
    const answer = await api.request(method, path, { body, token: ada.token });
    expect([answer.status, answer.body.code]).toEqual([status, code]);
  });
});
