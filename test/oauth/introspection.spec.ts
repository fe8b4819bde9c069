import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import pg from 'pg';
import { makeKey } from '../api-keys/api-keys-client.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { basic, bearer, errorOf, postForm } from './oauth-client.js';

describeOnEitherShape('introspection (RFC 7662)', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;
  let user: RegisteredUser;
  let key: string;
  let database: pg.Client;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    admin = await registerUser(service.api);
    user = await registerUser(service.api);
    key = (await makeKey(service.api, admin, ['tokens:introspect'])).secret;
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const introspect = (token: string, authorization: string = bearer(key), more: Record<string, string> = {}) =>
    postForm(service.api, '/oauth/introspect', { token, ...more }, authorization);

  it('tells of an access token what the token itself says, with the expiry of its record', async () => {
    const { status, body, headers } = await introspect(user.token, bearer(key), { token_type_hint: 'access_token', unknown: 'ignored' });
    const { exp, iat, jti, sid, sub, aud, iss } = decodeJwt(user.token);
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({ active: true, client_id: 'likeness', username: user.username, token_type: 'Bearer', exp, iat, jti, sid, sub, aud, iss, roles: [] });
  });

  it('tells each of one user’s tokens apart, though they were issued in one second, and what has changed since of the user', async () => {
    const other = await registerUser(service.api);
    const login = async (platform: string): Promise<string> =>
      (await service.api.post('/v1/auth/login', { identifier: other.email, password: other.password, platform })).body.accessToken;
    const inOneSecond = async (): Promise<readonly string[]> => {
      for (;;) {
        const tokens = await Promise.all([login('web'), login('ios')]);
        if (new Set(tokens.map((token) => decodeJwt(token).iat)).size === 1) return tokens;
      }
    };
    const tokens = await inOneSecond();
    const told = async () => (await Promise.all([...tokens, ...tokens].map((token) => introspect(token)))).map(({ body }) => [body.active, body.jti, body.sid, body.username]);
    const expected = (username: string) => [...tokens, ...tokens].map((token) => [true, decodeJwt(token).jti, decodeJwt(token).sid, username]);
    expect(await told()).toEqual(expected(other.username));
    expect((await service.api.patch('/v1/users/me', { username: `${other.username}-2` }, { token: tokens[0] })).status).toBe(200);
    expect(await told()).toEqual(expected(`${other.username}-2`));
  });

  it('tells of a refresh token when its session would end, and that it is none to be let in with', async () => {
    const { body } = await introspect(user.refreshToken, bearer(key), { token_type_hint: 'access_token' });
    const { body: sessions } = await service.api.get('/v1/auth/sessions', { token: user.token });
    const exp = Date.parse(sessions.items[0].idleExpiresAt) / 1000;
    expect(body).toEqual({
      active: true, client_id: 'likeness', username: user.username, token_type: 'refresh_token', exp, iat: Date.parse(sessions.items[0].lastSeenAt) / 1000,
      sub: user.id, aud: 'http://likeness.test', iss: 'http://likeness.test', sid: user.sessionId, roles: [],
    });
  });

  it('moves no idle limit and spends no refresh token', async () => {
    const other = await registerUser(service.api);
    const sessions = async () => (await service.api.get('/v1/auth/sessions', { token: other.token })).body;
    const before = await sessions();
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    for (const token of [other.token, other.refreshToken]) expect((await introspect(token)).body.active).toBe(true);
    expect(await sessions()).toEqual(before);
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: other.refreshToken })).status).toBe(200);
  });

  it('says the same bytes of whatever is not active', async () => {
    const inactive: Record<string, string> = { nonsense: 'nonsense', 'an API key': key, 'a broken signature': `${user.token.slice(0, -6)}AAAAAA`, 'a broken MAC': `${user.refreshToken.slice(0, 60)}A${user.refreshToken.slice(61)}` };
    const gone = await registerUser(service.api);
    Object.assign(inactive, { 'an access token of an ended session': gone.token, 'a refresh token of an ended session': gone.refreshToken });
    await service.api.post('/v1/auth/logout', undefined, { token: gone.token });
    const disabled = await registerUser(service.api);
    Object.assign(inactive, { 'an access token of a disabled user': disabled.token, 'a refresh token of a disabled user': disabled.refreshToken });
    await service.api.patch(`/v1/users/${disabled.id}`, { disabled: true }, { token: admin.token });
    const erased = await registerUser(service.api);
    Object.assign(inactive, { 'an access token of nobody': erased.token, 'a refresh token of nobody': erased.refreshToken });
    await service.api.delete(`/v1/users/${erased.id}`, { token: admin.token });
    // What a store of tokens that came back from an older file would say otherwise: the user's row decides (guarantees §4).
    const marked = await registerUser(service.api);
    await database.query('UPDATE users SET session_epoch = session_epoch + 1 WHERE id = $1', [marked.id]);
    // A write that everybody may make, so that no cached row stands against it.
    await service.api.patch(`/v1/users/${marked.id}`, { displayName: 'Marked' }, { token: admin.token });
    Object.assign(inactive, { 'an access token behind the epoch': marked.token, 'a refresh token behind the epoch': marked.refreshToken });
    const rotated = await registerUser(service.api);
    inactive['a refresh token that was rotated away'] = rotated.refreshToken;
    const next = (await service.api.post('/v1/auth/refresh', { refreshToken: rotated.refreshToken })).body;
    const short = (await service.api.post(`/v1/users/${user.id}/tokens`, { ttlSeconds: 1 }, { token: admin.token })).body;
    inactive['an access token that has expired'] = short.accessToken;
    await new Promise((resolve) => setTimeout(resolve, 1_100));
    const answers = new Map<string, string>();
    for (const [what, token] of Object.entries(inactive)) {
      const { status, bytes, headers } = await introspect(token);
      const kept = [...headers].filter(([name]) => !['date', 'x-request-id', 'keep-alive', 'connection'].includes(name));
      answers.set(what, JSON.stringify([status, bytes.toString(), kept]));
    }
    expect([...new Set(answers.values())]).toHaveLength(1);
    expect(answers.get('nonsense')).toMatch(/^\[200,"\{\\"active\\":false\}"/);
    expect((await introspect(next.refreshToken)).body.active).toBe(true);
  });

  describe('is for admins and for keys that an admin gave tokens:introspect', () => {
    it('by bearer token, HTTP Basic or client_secret_post', async () => {
      for (const answer of [
        await introspect(user.token, bearer(admin.token)),
        await introspect(user.token, basic('any name', key)),
        await introspect(user.token, basic(key, '')),
        await postForm(service.api, '/oauth/introspect', { token: user.token, client_id: 'gateway', client_secret: key }),
      ]) expect([answer.status, answer.body.active]).toEqual([200, true]);
    });

    it('and says what is wrong with anybody else, in kind', async () => {
      const none = await postForm(service.api, '/oauth/introspect', { token: user.token });
      expect([...errorOf(none), none.headers.get('www-authenticate')]).toEqual([401, 'invalid_client', 'Bearer']);
      const bad = await introspect(user.token, bearer('nonsense'));
      expect([...errorOf(bad), bad.headers.get('www-authenticate')]).toEqual([401, 'invalid_token', 'Bearer error="invalid_token"']);
      for (const authorization of [basic('x', `${key}x`), basic('x', admin.token), 'Basic !', `Basic ${Buffer.from('no colon').toString('base64')}`, basic('x', '')]) {
        const refused = await introspect(user.token, authorization);
        expect([...errorOf(refused), refused.headers.get('www-authenticate')]).toEqual([401, 'invalid_client', 'Basic realm="likeness", charset="UTF-8"']);
      }
      expect(errorOf(await postForm(service.api, '/oauth/introspect', { token: user.token, client_id: 'x', client_secret: 'nonsense' }))).toEqual([401, 'invalid_client']);
      expect(errorOf(await introspect(user.token, 'Digest x'))).toEqual([401, 'invalid_client']);
      expect(errorOf(await introspect(user.token, bearer(key), { client_secret: key }))).toEqual([400, 'invalid_request']);
    });

    it('but for nobody who is neither', async () => {
      const other = await makeKey(service.api, admin, ['users:read', 'tokens:revoke']);
      for (const authorization of [bearer(user.token), bearer(other.secret), basic('x', other.secret)]) {
        const refused = await introspect(user.token, authorization);
        expect(errorOf(refused)).toEqual([403, 'insufficient_scope']);
        expect(refused.headers.get('www-authenticate')).toBe('Bearer error="insufficient_scope", scope="tokens:introspect"');
      }
    });

    it('nor for a key whose owner is no admin any more', async () => {
      const former = await registerUser(service.api);
      const setRoles = (roles: string[]) => service.api.patch(`/v1/users/${former.id}`, { roles }, { token: admin.token });
      await setRoles(['admin']);
      const { secret } = await makeKey(service.api, former, ['tokens:introspect']);
      expect((await introspect(user.token, bearer(secret))).status).toBe(200);
      await setRoles([]);
      expect(errorOf(await introspect(user.token, bearer(secret)))).toEqual([403, 'insufficient_scope']);
    });
  });
}, 'PostgreSQL alone');
