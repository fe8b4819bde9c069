import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { registerUser, type ApiClient, type ApiAnswer } from '../kit/api.js';
import { describeOnBothShapes, startBundledService, type BundledService } from '../kit/service.js';

const WINDOW = 900;

describeOnBothShapes('limits', (shape) => {
  let service: BundledService;
  let api: ApiClient;

  beforeAll(async () => {
    // The client is a trusted proxy: it says whose address it speaks for.
    service = await startBundledService(shape, { TRUSTED_PROXIES: '127.0.0.0/8', AVATAR_UPLOADS_PER_HOUR: '3' }, shape === 'PostgreSQL alone' ? 1 : 2);
    api = service.api;
  });
  afterAll(() => service.stop());

  const login = (identifier: string, password: string, from = '192.0.2.1', instance = api): Promise<ApiAnswer> =>
    instance.post('/v1/auth/login', { identifier, password }, { headers: { 'x-forwarded-for': from } });
  const guess = async (count: number, identifier: string, from?: string): Promise<number[]> => {
    const answers: number[] = [];
    for (let index = 0; index < count; index++) answers.push((await login(identifier, 'a guess', from, service.instances[index % service.instances.length])).status);
    return answers;
  };

  it('tell on every counted answer what is left, and what the limits are', async () => {
    const user = await registerUser(api);
    const wrong = await login(user.email, 'a guess');
    expect(wrong.headers.get('ratelimit')).toMatch(/^"login-account";r=9;t=\d+, "login-address";r=29\d;t=\d+$/);
    expect(wrong.headers.get('ratelimit-policy')).toBe(`"login-account";q=10;w=${WINDOW}, "login-address";q=300;w=${WINDOW}`);
    const right = await login(user.email, user.password);
    expect(right.headers.get('ratelimit')).toMatch(/^"login-account";r=10;/);
    expect((await api.get('/v1/users/me', { token: user.token })).headers.get('ratelimit')).toBeNull();
  });

  it('answer 429 with Retry-After within the window, the same for accounts that are not there', async () => {
    const user = await registerUser(api);
    for (const identifier of [user.email, 'nobody@example.test']) {
      expect(await guess(11, identifier, '192.0.2.2')).toEqual([...Array<number>(10).fill(401), 429]);
      const refused = await login(identifier.toUpperCase(), user.password, '192.0.2.2');
      expect([refused.status, refused.body.code]).toEqual([429, 'request.rate_limited']);
      const retryAfter = Number(refused.headers.get('retry-after'));
      expect(retryAfter).toBeGreaterThan(WINDOW - 60);
      expect(retryAfter).toBeLessThanOrEqual(WINDOW);
      expect(refused.headers.get('ratelimit')).toContain(`"login-account";r=0;t=${retryAfter}`);
    }
  });

  it('lock nobody out elsewhere, and no neighbour', async () => {
    const [victim, neighbour] = [await registerUser(api), await registerUser(api)];
    await guess(12, victim.email, '192.0.2.3');
    expect((await login(victim.email, victim.password, '192.0.2.3')).status).toBe(429);
    expect((await login(victim.email, victim.password, '192.0.2.4')).status).toBe(200);
    expect((await login(neighbour.email, neighbour.password, '192.0.2.3')).status).toBe(200);
    expect((await api.post('/v1/auth/refresh', { refreshToken: victim.refreshToken })).status).toBe(200);
  });

  // Several times what the limit lets run at once. More would only ask whether Redis answers a busy machine within 500 ms: else one is told 503.
  it('hold for 48 right logins at once as little as for one', async () => {
    const user = await registerUser(api);
    const logins = await Promise.all(Array.from({ length: 48 }, (_, index) => login(user.email, user.password, '192.0.2.5', service.instances[index % service.instances.length])));
    expect(logins.filter(({ status }) => status !== 200).map(({ status, body }) => `${status} ${body.code}`)).toEqual([]);
  });

  it('give a burst of wrong ones ten tries', async () => {
    const user = await registerUser(api);
    const logins = await Promise.all(Array.from({ length: 60 }, (_, index) => login(user.email, `guess ${index}`, '192.0.2.6', service.instances[index % service.instances.length])));
    expect(logins.map(({ status }) => status).sort()).toEqual([...Array<number>(10).fill(401), ...Array<number>(50).fill(429)]);
  });

  it('count the wrong passwords of a session, wherever they are given, and leave the other sessions alone', async () => {
    const user = await registerUser(api);
    const other = (await login(user.email, user.password)).body.accessToken as string;
    const tries = [
      (token: string, currentPassword: string) => api.patch('/v1/users/me', { email: 'new@example.test', currentPassword }, { token }),
      (token: string, currentPassword: string) => api.post('/v1/users/me/deletion', { currentPassword }, { token }),
      (token: string, currentPassword: string) => api.delete('/v1/users/me', { body: { currentPassword }, token }),
      (token: string, currentPassword: string) => api.post('/v1/auth/password', { currentPassword, newPassword: 'seven quiet lighthouses' }, { token }),
    ];
    for (let index = 0; index < 10; index++) expect((await tries[index % tries.length]!(user.token, 'a guess')).status).toBe(401);
    for (const attempt of tries) {
      const refused = await attempt(user.token, user.password);
      expect([refused.status, refused.body.code]).toEqual([429, 'request.rate_limited']);
    }
    expect((await tries[0]!(other, user.password)).status).toBe(200);
  });

  it('bound how many bodies of one address are refused, on routes that anyone may call', async () => {
    const broken = (from: string): Promise<ApiAnswer> => api.request('POST', '/v1/auth/login', { body: '{', headers: { 'content-type': 'application/json', 'x-forwarded-for': from } });
    let refused: ApiAnswer | undefined;
    let looked = 0;
    // The window may begin anew in between, but not twice.
    for (; !refused && looked < 600; looked += 10) refused = (await Promise.all(Array.from({ length: 10 }, () => broken('192.0.2.50')))).find(({ status }) => status !== 400);
    expect([refused?.status, refused?.body.code, Number(refused?.headers.get('retry-after')) > 0]).toEqual([429, 'request.rate_limited', true]);
    expect(looked).toBeGreaterThan(300);
    expect((await broken('192.0.2.51')).status).toBe(400);
  });

  it('bound how often one user’s picture is put, whatever comes of it, before the body is read', async () => {
    const [user, other] = [await registerUser(api), await registerUser(api)];
    const png = new Uint8Array(await sharp({ create: { width: 2, height: 2, channels: 3, background: '#135' } }).png().toBuffer());
    const put = (index: number, token = user.token, body = png): Promise<ApiAnswer> =>
      service.instances[index % service.instances.length]!.put('/v1/users/me/avatar', body, { token });
    const first = await put(0);
    expect([first.status, first.headers.get('ratelimit-policy')]).toEqual([200, '"upload-user";q=3;w=3600']);
    expect(first.headers.get('ratelimit')).toMatch(/^"upload-user";r=2;t=\d+$/);
    expect([(await put(1, user.token, new Uint8Array([1, 2, 3]))).status, (await put(2)).status]).toEqual([422, 200]);
    const refused = await put(3);
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([429, 'request.rate_limited', 'At most 3 within 3600 seconds; try again later.']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect((await put(4, other.token)).status).toBe(200);
    expect((await api.delete('/v1/users/me/avatar', { token: user.token })).status).toBe(204);
  });

  it('bound how often somebody changes their name, which makes pictures', async () => {
    const user = await registerUser(api);
    const rename = (displayName: string) => api.patch('/v1/users/me', { displayName }, { token: user.token });
    for (let index = 0; index < 60; index++) expect((await rename(`Name ${index}`)).status).toBe(200);
    const refused = await rename('One more');
    expect([refused.status, refused.body.code]).toEqual([429, 'request.rate_limited']);
    // What is no new name is no rename.
    expect((await rename('Name 59')).status).toBe(200);
    expect((await api.patch('/v1/users/me', { locale: 'de' }, { token: user.token })).status).toBe(200);
  });

  it('count refused refreshes only', async () => {
    const user = await registerUser(api);
    const answers = [await api.post('/v1/auth/refresh', { refreshToken: 'nonsense' }), await api.post('/v1/auth/refresh', { refreshToken: user.refreshToken })];
    expect(answers.map(({ status }) => status)).toEqual([401, 200]);
    expect(answers[0]!.headers.get('ratelimit')).toMatch(/^"refresh-token";r=299;/);
    expect(answers[1]!.headers.get('ratelimit')).toMatch(/^"refresh-token";r=300;/);
  });
});

describe('the queue for passwords', () => {
  let service: BundledService;
  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { TRUSTED_PROXIES: '127.0.0.0/8' }, 1, { hasRealPasswords: true });
  });
  afterAll(() => service.stop());

  it('keeps nobody waiting behind the crowd of another address: sign-in goes first', async () => {
    const user = await registerUser(service.api);
    let registered = 0;
    const crowd = Array.from({ length: 60 }, async (_, index) => {
      const input = { email: `crowd-${index}@example.test`, username: `crowd-${index}`, password: user.password };
      const { status } = await service.api.post('/v1/auth/register', input, { headers: { 'x-forwarded-for': '192.0.2.40' } });
      registered += 1;
      return status;
    });
    while (registered < 2) await new Promise((resolve) => setImmediate(resolve));
    expect((await service.api.post('/v1/auth/login', { identifier: user.email, password: user.password }, { headers: { 'x-forwarded-for': '192.0.2.41' } })).status).toBe(200);
    expect(registered).toBeLessThan(40);
    expect(new Set(await Promise.all(crowd))).toEqual(new Set([201]));
  });
});

describe('the address that limits count', () => {
  let service: BundledService;
  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone');
  });
  afterAll(() => service.stop());

  it('is the connection’s own unless the proxy is trusted: X-Forwarded-For, Forwarded and X-Real-IP gain nobody a try', async () => {
    const user = await registerUser(service.api);
    const spoofed = (index: number) => ({ 'x-forwarded-for': `198.51.100.${index}`, 'x-real-ip': `198.51.100.${index}`, forwarded: `for=198.51.100.${index}` });
    const statuses: number[] = [];
    for (let index = 0; index < 12; index++) {
      statuses.push((await service.api.post('/v1/auth/login', { identifier: user.email, password: 'a guess' }, { headers: spoofed(index) })).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });
});

describe('the address behind a chain of proxies', () => {
  let service: BundledService;
  beforeAll(async () => {
    service = await startBundledService('PostgreSQL and Redis', { TRUSTED_PROXIES: '127.0.0.0/8,10.0.0.0/8', AUDIT_ADDRESSES: 'network' });
  });
  afterAll(() => service.stop());

  it('is the last one that no trusted proxy is: what clients put before it counts for nothing', async () => {
    const user = await registerUser(service.api);
    const statuses: number[] = [];
    for (let index = 0; index < 12; index++) {
      const headers = { 'x-forwarded-for': `198.51.100.${index}, 203.0.113.9, 10.1.2.3` };
      statuses.push((await service.api.post('/v1/auth/login', { identifier: user.email, password: 'a guess' }, { headers })).status);
    }
    expect(statuses).toEqual([...Array<number>(10).fill(401), 429, 429]);
  });

  const guesses = async (named: (index: number) => string): Promise<number[]> => {
    const user = await registerUser(service.api);
    const statuses: number[] = [];
    for (let index = 0; index < 15; index++) {
      statuses.push((await service.api.post('/v1/auth/login', { identifier: user.email, password: 'a guess' }, { headers: { 'x-forwarded-for': named(index) } })).status);
    }
    return statuses;
  };

  it.each<[string, (index: number) => string]>([
    ['a port', (index) => `203.0.113.7:${54_321 + index}`],
    ['an IPv6 address of one network, and a port', (index) => `[2001:db8:7::${index + 1}]:${4711 + index}`],
    ['a zone', (index) => `fe80::7%eth${index}`],
    ['a trusted proxy with a port', (index) => `198.51.100.${index}, 203.0.113.8, 10.1.2.3:${4711 + index}`],
    ['what is no address', (index) => `<script>${index}`],
  ])('is the same, however often a proxy changes %s', async (_what, named) => {
    expect(await guesses(named)).toEqual([...Array<number>(10).fill(401), ...Array<number>(5).fill(429)]);
  });

  it.each<[named: string, shown: string, kept: string]>([
    ['203.0.113.77:4711', '203.0.113.77', '203.0.113.0/24'],
    ['::ffff:203.0.113.78', '203.0.113.78', '203.0.113.0/24'],
    ['[2001:DB8:1:2::3]:443', '2001:db8:1:2::3', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::1', 'fe80::/64'],
    ['203.0.113.79, 10.1.2.3:443', '203.0.113.79', '203.0.113.0/24'],
    ['unknown', '127.0.0.1', '127.0.0.0/24'],
    ['<script>alert(1)</script>', '127.0.0.1', '127.0.0.0/24'],
    ['x'.repeat(300), '127.0.0.1', '127.0.0.0/24'],
  ])('is shown and kept parsed: %s', async (named, shown, kept) => {
    const headers = { 'x-forwarded-for': named };
    const tag = randomUUID().slice(0, 13);
    const registered = await service.api.post('/v1/auth/register', { username: `u${tag}`, email: `${tag}@example.test`, password: 'a quiet lighthouse' }, { headers });
    const user = registered.body.tokens;
    const addressOf = async (token: string): Promise<string> => (await service.api.get('/v1/auth/sessions', { token })).body.items[0].ipAddress;
    expect(await addressOf(user.accessToken)).toBe(shown);
    const { body: events } = await service.api.get('/v1/audit-events', { token: user.accessToken });
    expect(events.items.map(({ ipAddress }: { ipAddress: string }) => ipAddress)).toEqual(events.items.map(() => kept));
    // The fast path of refreshing is handed the address too.
    const other = { 'x-forwarded-for': '198.51.100.200:1' };
    const { body: renewed } = await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken }, { headers: other });
    expect(await addressOf(renewed.accessToken)).toBe('198.51.100.200');
  });
});

describe('RATE_LIMITS=off', () => {
  let service: BundledService;
  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { RATE_LIMITS: 'off' });
  });
  afterAll(() => service.stop());

  it('counts nothing and says nothing of limits', async () => {
    const user = await registerUser(service.api);
    for (let index = 0; index < 12; index++) {
      const answer = await service.api.post('/v1/auth/login', { identifier: user.email, password: 'a guess' });
      expect([answer.status, answer.headers.get('ratelimit')]).toEqual([401, null]);
    }
  });
});
