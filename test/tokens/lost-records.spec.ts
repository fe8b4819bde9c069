import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { decodeJwt } from 'jose';
import { Redis } from 'ioredis';
import pg from 'pg';
import { RedisTokenKeys } from '../../src/modules/auth/tokens/redis-token-keys.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnBothShapes, startBundledService, type BundledService } from '../kit/service.js';
import { bearer, postForm } from '../oauth/oauth-client.js';

type Record = 'session' | 'token' | 'index' | 'epoch';

/** A file of before, a hasty DEL, half a restore: whatever is left must refuse, never fail, and never open what was closed. */
describeOnBothShapes('a store of tokens that lost a part of what belongs together', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;
  let redis: Redis | null = null;
  let database: pg.Client;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', BOOTSTRAP_TOKEN: 'the very first of all tokens' });
    admin = await registerUser(service.api, { bootstrapToken: 'the very first of all tokens' });
    if (service.redisUrl !== null) redis = new Redis(service.redisUrl);
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    redis?.disconnect();
    await database.end();
    await service.stop();
  });

  const lose = async (record: Record, { id, sessionId, token }: RegisteredUser): Promise<void> => {
    const { jti } = decodeJwt(token);
    if (!redis) {
      const [table, key] = record === 'session' ? ['token_sessions', sessionId] : ['access_tokens', jti];
      expect((await database.query(`DELETE FROM ${table} WHERE id = $1`, [key])).rowCount).toBe(1);
      return;
    }
    const keys = new RedisTokenKeys(id);
    const names = { session: keys.session(sessionId), token: keys.token(jti!), index: keys.index, epoch: keys.epoch };
    expect(await redis.del(names[record])).toBe(1);
  };
  /** Another session of the same account. */
  const again = async (user: RegisteredUser): Promise<RegisteredUser> => {
    const { body } = await service.api.post('/v1/auth/login', { identifier: user.username, password: user.password });
    return { ...user, token: body.accessToken, refreshToken: body.refreshToken, sessionId: body.sessionId };
  };
  const told = ({ status, body }: ApiAnswer): string => `${status} ${body?.code ?? ''}`.trim();
  const me = async ({ token }: RegisteredUser): Promise<string> => told(await service.api.get('/v1/users/me', { token }));
  const refresh = async ({ refreshToken }: RegisteredUser): Promise<string> => told(await service.api.post('/v1/auth/refresh', { refreshToken }));
  const isActive = async (token: string): Promise<unknown> => (await postForm(service.api, '/oauth/introspect', { token }, bearer(admin.token))).body;
  const listed = async ({ token }: RegisteredUser): Promise<string[]> =>
    (await service.api.get('/v1/auth/sessions', { token })).body.items.map(({ id }: { id: string }) => id);

  it('refuses everything of a session whose record is gone, and leaves the others alone', async () => {
    const lost = await registerUser(service.api);
    const other = await again(lost);
    expect([await me(lost), await me(other)]).toEqual(['200', '200']);
    await lose('session', lost);
    expect(await me(lost)).toBe('401 auth.token_unknown');
    expect([await isActive(lost.token), await isActive(lost.refreshToken)]).toEqual([{ active: false }, { active: false }]);
    expect(await refresh(lost)).toBe('401 auth.token_unknown');
    expect(told(await service.api.post('/oauth/token', new URLSearchParams({ grant_type: 'refresh_token', refresh_token: lost.refreshToken }).toString(), { headers: { 'content-type': 'application/x-www-form-urlencoded' } }))).toMatch(/^400/);
    expect(told(await service.api.post('/v1/auth/logout', undefined, { token: lost.token }))).toBe('401 auth.token_unknown');
    expect(told(await service.api.post('/v1/auth/logout', { refreshToken: lost.refreshToken }))).toBe('401 auth.token_unknown');
    expect((await postForm(service.api, '/oauth/revoke', { token: lost.refreshToken })).status).toBe(200);
    expect(await listed(other)).toEqual([other.sessionId]);
    expect(told(await service.api.delete(`/v1/auth/sessions/${lost.sessionId}`, { token: other.token }))).toBe('404 auth.session_not_found');
    const third = await again(lost);
    expect([await me(other), await refresh(other), await me(third)]).toEqual(['200', '200', '200']);
    expect(told(await service.api.delete(`/v1/users/${lost.id}/sessions?platform=other`, { token: admin.token }))).toBe('204');
    expect([await me(third), await me(lost)]).toEqual(['401 auth.session_ended', '401 auth.token_unknown']);
  });

  it('refuses a token whose record is gone, while its session goes on', async () => {
    const user = await registerUser(service.api);
    expect(await me(user)).toBe('200');
    await lose('token', user);
    expect([await me(user), await isActive(user.token)]).toEqual(['401 auth.token_unknown', { active: false }]);
    expect(told(await service.api.post('/v1/auth/logout', undefined, { token: user.token }))).toBe('401 auth.token_unknown');
    const { status, body } = await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken });
    expect([status, (await listed({ ...user, token: body.accessToken }))]).toEqual([200, [user.sessionId]]);
    expect(told(await service.api.post('/v1/auth/logout', { refreshToken: body.refreshToken }))).toBe('204');
    expect(await me({ ...user, token: body.accessToken })).toBe('401 auth.session_ended');
  });

  // Rows have no index of their own, and their epoch stands in the same database.
  if (shape === 'PostgreSQL alone') return;

  it('goes on without the index of sessions, and ends what it does not list', async () => {
    const user = await registerUser(service.api);
    await lose('index', user);
    expect([await me(user), await listed(user)]).toEqual(['200', []]);
    expect(told(await service.api.post('/v1/auth/logout', undefined, { token: user.token }))).toBe('204');
    expect([await me(user), await refresh(user)]).toEqual(['401 auth.session_ended', '401 auth.session_ended']);
  });

  it('opens no session again that ended with all others, when the count of such ends is gone', async () => {
    const ended = await registerUser(service.api);
    const kept = await again(ended);
    expect(told(await service.api.post('/v1/auth/logout-all', { keepCurrent: true }, { token: kept.token }))).toBe('204');
    await lose('epoch', ended);
    expect([await me(ended), await refresh(ended), await isActive(ended.token)]).toEqual(['401 auth.session_ended', '401 auth.session_ended', { active: false }]);
    expect([await me(kept), await refresh(kept), await me(await again(kept))]).toEqual(['200', '200', '200']);
  });
});
