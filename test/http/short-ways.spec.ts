import { tracingChannel } from 'node:diagnostics_channel';
import { afterAll, beforeAll, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Redis } from 'ioredis';
import type { ServiceAdapter } from '../../src/kernel/http/index.js';
import { MyAccountShortWay } from '../../src/modules/users/my-account.short-way.js';
import { registerUser, type Api, type RegisteredUser } from '../kit/api.js';
import { PrivateRedis } from '../kit/private-redis.js';
import { describeOnEitherShape, startBundledService, startService, type BundledService, type TestService } from '../kit/service.js';

/** A unit that no server has, so that it changes nothing (RFC 9110 §14.2), and which no short way takes. */
const LONG_WAY = { range: 'lines=1-2' };
const HANDLERS = tracingChannel('fastify.request.handler');
const ORIGIN = 'https://app.example.test';

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describeOnEitherShape('a short way', (shape) => {
  let service: TestService;
  let api: Api;
  let user: RegisteredUser;
  let paths: Record<'account' | 'picture' | 'size' | 'digest', string>;
  let handled = 0;
  const handlers = { start: () => void (handled += 1), end: () => undefined, asyncStart: () => undefined, asyncEnd: () => undefined, error: () => undefined };

  beforeAll(async () => {
    service = await startService(shape, { ALLOWED_ORIGINS: ORIGIN });
    api = service.api;
    user = await registerUser(api, {});
    const { avatar } = (await api.get('/v1/users/me', { token: user.token })).body;
    const picture = `/v1/users/${user.id}/avatar`;
    paths = { account: '/v1/users/me', picture, size: `${picture}?size=128&format=webp`, digest: new URL(avatar.immutableUrl as string).pathname };
    HANDLERS.subscribe(handlers);
  });
  beforeEach(() => void (handled = 0));
  afterAll(async () => {
    HANDLERS.unsubscribe(handlers);
    await service.stop();
  });

  const ask = async (path: string, headers: Record<string, string> = {}, more: RequestInit = {}): Promise<Seen> => {
    const response = await fetch(api.url + path, { ...more, headers: { authorization: `Bearer ${user.token}`, ...headers } });
    const { date: _date, 'x-request-id': id, ...rest } = Object.fromEntries(response.headers);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    return { status: response.status, headers: rest, body: Buffer.from(await response.arrayBuffer()).toString('base64') };
  };

  it.each(['account', 'picture', 'size', 'digest'] as const)('answers as the long way does, without it: %s', async (name) => {
    const long = await ask(paths[name], LONG_WAY);
    expect([long.status, handled]).toEqual([200, 1]);
    expect(await ask(paths[name])).toEqual(long);
    expect(handled).toBe(1);
  });

  it.each(['account', 'picture', 'size', 'digest'] as const)('answers who holds it as the long way does, without it: %s', async (name) => {
    const { headers } = await ask(paths[name]);
    for (const held of [headers.etag!, `"another", W/${headers.etag}`, '*']) {
      handled = 0;
      const long = await ask(paths[name], { 'if-none-match': held, ...LONG_WAY });
      expect([long.status, long.body, handled]).toEqual([304, '', 1]);
      expect(await ask(paths[name], { 'if-none-match': held })).toEqual(long);
      expect(handled).toBe(1);
    }
  });

  describe('for a form', () => {
    const introspect = (body: string, headers: Record<string, string> = {}): Promise<Seen> =>
      ask('/oauth/introspect', { 'content-type': 'application/x-www-form-urlencoded', ...headers }, { method: 'POST', body });

    it('answers as the long way does, without it', async () => {
      for (const token of [user.token, user.refreshToken, 'nonsense', `${user.token}&token_type_hint=access_token&scope=%C3%BC`]) {
        handled = 0;
        const long = await introspect(`token=${token}`, LONG_WAY);
        expect([long.status, handled]).toEqual([200, 1]);
        expect(await introspect(`token=${token}`)).toEqual(long);
        expect(handled).toBe(1);
      }
    });

    it('refuses as the long way does, and hands over what it has read whole', async () => {
      const odd: [body: string, headers: Record<string, string>, status: number][] = [
        ['', {}, 400],
        ['token=', {}, 400],
        ['token=%', {}, 400],
        ['token=a&token=b', {}, 400],
        [`token=${user.token}&client_secret=x`, {}, 400],
        [`token=${user.token}`, { authorization: 'Bearer none' }, 401],
        [`token=${user.token}`, { authorization: 'Basic bm9uZTo=' }, 401],
        [`token=${user.token}&padding=${'x'.repeat(10_000)}`, {}, 200],
        [`token=${user.token}`, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }, 200],
        [`token=${user.token}`, { 'content-type': 'text/plain' }, 415],
      ];
      const plain = ({ status, headers, body }: Seen): unknown => ({ status, headers, body: Buffer.from(body, 'base64').toString().replace(/"instance":"[^"]*"/, '') });
      for (const [body, headers, status] of odd) {
        const long = await introspect(body, { ...headers, ...LONG_WAY });
        expect([body.slice(0, 40), long.status]).toEqual([body.slice(0, 40), status]);
        expect(plain(await introspect(body, headers))).toEqual(plain(long));
      }
    });
  });

  const spoiling = (answer: () => unknown): { mockRestore(): void } => jest.spyOn(api.app.get(MyAccountShortWay, { strict: false }), 'answer').mockImplementationOnce(answer as never);

  it('that throws at once is answered as a fault, and the service goes on', async () => {
    const spoilt = spoiling(() => { throw new Error('at once'); });
    const failed = await ask(paths.account);
    spoilt.mockRestore();
    expect([failed.status, Buffer.from(failed.body, 'base64').toString()]).toEqual([500, expect.stringContaining('"code":"service.internal"')]);
    expect((await ask(paths.account)).status).toBe(200);
  });

  it('that answers with a header that HTTP does not allow ends its connection, and not the service', async () => {
    const spoilt = spoiling(async () => ({ etag: '"a\nb"', content: null }));
    await expect(ask(paths.account)).rejects.toThrow('fetch failed');
    spoilt.mockRestore();
    expect((await ask(paths.account)).status).toBe(200);
  });

  it('keeps the request id that it is given', async () => {
    expect((await api.get('/v1/users/me', { token: user.token, headers: { 'x-request-id': 'mine-1' } })).headers.get('x-request-id')).toBe('mine-1');
  });

  it('leaves to the long way what is out of the ordinary', async () => {
    const digest = paths.digest.slice(0, -'256.webp'.length);
    const odd: [path: string, headers: Record<string, string>, status: number][] = [
      [paths.account, { origin: ORIGIN }, 200],
      [paths.account, { authorization: 'Basic YTpi' }, 401],
      [paths.account, { authorization: 'Bearer none' }, 401],
      [`${paths.picture}?size=0`, {}, 400],
      [`${paths.picture}?size=128&size=64`, {}, 400],
      [`${paths.picture}?format=webp&size=64`, {}, 200],
      [paths.picture, { accept: 'text/html' }, 406],
      ['/v1/users/0193a3c0-0000-7000-8000-000000000000/avatar', {}, 404],
      [`/v1/users/${user.id.toUpperCase()}/avatar`, {}, 200],
      [`${digest}100.webp`, {}, 404],
      ['/v1/avatars/unknown/256.webp', {}, 404],
    ];
    for (const [path, headers, status] of odd) {
      handled = 0;
      expect([path, (await ask(path, headers)).status]).toEqual([path, status]);
      // What fails before the handler never gets there.
      expect(handled).toBeLessThanOrEqual(1);
    }
  });

  it('shows a page of an allowed origin what the long way shows it', async () => {
    const { headers } = await ask(paths.account, { origin: ORIGIN });
    expect(headers).toMatchObject({ 'access-control-allow-origin': ORIGIN, vary: 'Origin' });
    expect((await ask(paths.account)).headers.vary).toBe('Origin');
    expect((await ask(paths.picture)).headers.vary).toBe('Accept, Origin');
  });

  it('refuses a token that has ended, as soon as it has', async () => {
    const other = await registerUser(api, {});
    expect((await api.get('/v1/users/me', { token: other.token })).status).toBe(200);
    await api.post('/v1/auth/logout', undefined, { token: other.token });
    const answer = await api.get('/v1/users/me', { token: other.token });
    expect([answer.status, answer.body.code]).toEqual([401, 'auth.session_ended']);
  });

  // The last one: a service that drains does not serve for long again.
  it('says that the connection ends, once the service drains', async () => {
    (api.app.getHttpAdapter() as unknown as ServiceAdapter).drain();
    for (const path of Object.values(paths)) {
      const { status, headers } = await ask(path);
      expect([path, status, headers.connection]).toEqual([path, 200, 'close']);
    }
  });
});

describe('a token in Redis', () => {
  let service: BundledService;
  /** Of its own: it counts the commands of all who speak to it. */
  let server: PrivateRedis;
  let redis: Redis;

  beforeAll(async () => {
    server = await PrivateRedis.start();
    service = await startBundledService('PostgreSQL alone', { REDIS_URL: server.url });
    redis = new Redis(server.url);
  });
  afterAll(async () => {
    redis.disconnect();
    await service.stop();
    await server.remove();
  });

  it('is looked up once for a request; who is refused because a session ended costs a look at the user besides, and neither twice', async () => {
    const { token } = await registerUser(service.api, {});
    const ask = () => service.api.get('/v1/users/me', { token });
    const lookUps = async (): Promise<number> => Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1] ?? 0);
    /** The fewest of several: what ends is told meanwhile, which asks the store too. */
    const cost = async (status: number): Promise<number> => {
      const costs: number[] = [];
      for (let turn = 0; turn < 5; turn += 1) {
        const before = await lookUps();
        expect((await ask()).status).toBe(status);
        costs.push((await lookUps()) - before);
      }
      return Math.min(...costs);
    };
    await ask();
    expect(await cost(200)).toBe(1);
    await service.api.post('/v1/auth/logout', undefined, { token });
    expect(await cost(401)).toBe(2);
  });
});
