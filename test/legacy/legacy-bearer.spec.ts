import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHmac, randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import { Api, registerUser, type RegisteredUser } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { nowSeconds, oldToken, SECRET } from './old-server.js';

describeOnEitherShape('tokens of the old server, presented by clients', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;

  beforeAll(async () => {
    service = await startBundledService(shape, { LEGACY_TOKENS_SECRET: SECRET, RATE_LIMITS: 'off' }, 2);
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  /** A user who has an id in the old system. */
  const person = async (): Promise<RegisteredUser & { externalId: string }> => {
    const user = await registerUser(service.api);
    const externalId = `im-${randomUUID()}`;
    const patched = await service.api.patch(`/v1/users/${user.id}`, { externalId }, { token: admin.token });
    expect(patched.status).toBe(200);
    return { ...user, externalId };
  };
  const me = async (token: string, instance = 0): Promise<[number, string]> => {
    const { status, body } = await service.instances[instance]!.get('/v1/users/me', { token });
    return [status, status === 200 ? body.id : body.code];
  };

  it('are accepted, on every instance, as one session that ends when they do', async () => {
    const user = await person();
    const token = oldToken(user.externalId, 9, 2);
    const results = await Promise.all(Array.from({ length: 8 }, (_, i) => me(token, i % 2)));
    expect(new Set(results.map(String))).toEqual(new Set([`200,${user.id}`]));
    const sessions = (await service.api.get('/v1/auth/sessions', { token })).body.items;
    const brought = sessions.filter((session: { current: boolean }) => session.current);
    expect(brought).toMatchObject([{ platform: 'ipad' }]);
    expect(new Date(brought[0].expiresAt).getTime() / 1000 - nowSeconds()).toBeLessThanOrEqual(2);
    await new Promise((resolve) => setTimeout(resolve, new Date(brought[0].expiresAt).getTime() - Date.now() + 60));
    expect(await me(token)).toEqual([401, 'auth.token_expired']);
    expect(await me(token, 1)).toEqual([401, 'auth.token_expired']);
  });

  it('are brought over once: what ended them here stays the last word', async () => {
    const user = await person();
    const [one, two] = [oldToken(user.externalId), oldToken(user.externalId, 1)];
    expect((await me(one))[0]).toBe(200);
    expect((await service.api.post('/v1/auth/logout', undefined, { token: one })).status).toBe(204);
    for (const instance of [0, 1]) expect(await me(one, instance)).toEqual([401, 'auth.session_ended']);
    expect((await me(two))[0]).toBe(200);
  });

  it('end with all the others, also those that were never seen here', async () => {
    const user = await person();
    const [seen, unseen] = [oldToken(user.externalId), oldToken(user.externalId, 2)];
    expect((await me(seen))[0]).toBe(200);
    expect((await service.api.post('/v1/auth/logout-all', {}, { token: user.token })).status).toBe(204);
    expect(await me(seen)).toEqual([401, 'auth.session_ended']);
    expect(await me(unseen, 1)).toEqual([401, 'auth.session_ended']);
  });

  it('say nothing for an account that is disabled, or not here', async () => {
    const user = await person();
    const token = oldToken(user.externalId);
    await service.api.patch(`/v1/users/${user.id}`, { disabled: true }, { token: admin.token });
    expect(await me(token)).toEqual([401, 'auth.user_disabled']);
    expect(await me(oldToken('nobody'))).toEqual([401, 'auth.token_unknown']);
  });

  it('are refused when anything about them is wrong', async () => {
    const { externalId } = await person();
    const good = oldToken(externalId);
    const [header, payload, signature] = good.split('.') as [string, string, string];
    const withHeader = (head: object): string => {
      const input = `${Buffer.from(JSON.stringify(head)).toString('base64url')}.${payload}`;
      return `${input}.${createHmac('sha256', SECRET).update(input).digest('base64url')}`;
    };
    const bad = [
      oldToken(externalId, 5, 600, 'another secret'),
      `${header}.${payload}.${signature.slice(0, -2)}AA`,
      `${header}.${payload}.`,
      `${good}=`,
      withHeader({ alg: 'HS512', typ: 'JWT' }),
      withHeader({ alg: 'HS256', typ: 'at+jwt' }),
      withHeader({ alg: 'HS256', typ: 'JWT', kid: 'x' }),
      withHeader({ alg: 'none', typ: 'JWT' }),
      oldToken(externalId, 5, 600, SECRET, { exp: undefined }),
      oldToken(externalId, 5, 600, SECRET, { exp: 'soon' }),
      oldToken(externalId, 5, 600, SECRET, { UserID: 7 }),
    ];
    for (const token of bad) expect(await me(token)).toEqual([401, 'auth.token_malformed']);
    expect(await me(oldToken(externalId, 5, -5))).toEqual([401, 'auth.token_expired']);
    expect(await me(good)).toEqual([200, expect.any(String)]);
  });
}, 'PostgreSQL alone');

describe('tokens of the old server, when Redis has forgotten all', () => {
  it('do not come back, whatever had ended them or not, on an instance that never saw them either', async () => {
    const service = await startBundledService('PostgreSQL and Redis', { LEGACY_TOKENS_SECRET: SECRET, RATE_LIMITS: 'off' });
    const { api } = service;
    const me = async (token: string, at = api): Promise<[number, string]> => {
      const { status, body } = await at.get('/v1/users/me', { token });
      return [status, status === 200 ? body.id : body.code];
    };
    try {
      const admin = await registerUser(api);
      await api.patch(`/v1/users/${admin.id}`, { externalId: 'im-flushed' }, { token: admin.token });
      const [live, ended, unseen] = [oldToken('im-flushed', 1), oldToken('im-flushed', 2), oldToken('im-flushed', 3)];
      for (const token of [live, ended]) expect(await me(token)).toEqual([200, admin.id]);
      expect((await api.post('/v1/auth/logout', undefined, { token: ended })).status).toBe(204);
      const redis = new Redis(service.redisUrl!);
      await redis.flushdb();
      redis.disconnect();
      const fresh = await Api.start(testConfig({ DATABASE_URL: service.databaseUrl, REDIS_URL: service.redisUrl!, LEGACY_TOKENS_SECRET: SECRET }));
      for (const at of [api, fresh]) {
        expect(await me(ended, at)).toEqual([401, 'auth.token_unknown']);
        // Nobody knows any more whether it was ended, so it is not taken in a second time.
        expect(await me(live, at)).toEqual([401, 'auth.token_unknown']);
      }
      // One that was never here is as good as it was.
      expect(await me(unseen, fresh)).toEqual([200, admin.id]);
      await fresh.close();
    } finally {
      await service.stop();
    }
  });
});

describe('tokens of the old server, where none are taken', () => {
  it('are malformed, however good', async () => {
    const service = await startBundledService('PostgreSQL alone', { RATE_LIMITS: 'off' });
    try {
      const admin = await registerUser(service.api);
      await service.api.patch(`/v1/users/${admin.id}`, { externalId: 'im-1' }, { token: admin.token });
      const { status, body } = await service.api.get('/v1/users/me', { token: oldToken('im-1') });
      expect([status, body.code]).toEqual([401, 'auth.token_malformed']);
    } finally {
      await service.stop();
    }
  });
});
