import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadConfig, type SettingName } from '../../src/kernel/config/index.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { startBundledService, type BundledService } from '../kit/service.js';
import { exchange } from './raw-exchange.js';

const OURS = ['localhost', 'localhost:3000', 'LOCALHOST', 'localhost.', 'a.localhost', 'a.b-c.localhost:80', '127.0.0.1', '127.0.0.1:9', '127.255.3.4', '[::1]', '[::1]:3000', 'localhost:'];
const OTHERS = [
  ...['evil.example', 'evil.example:3000', 'localhost.evil.example', 'evillocalhost', '127.0.0.1.evil.example', '127.0.0.1.nip.io', 'localtest.me', '128.0.0.1', '127.1', '2130706433', '0x7f.1', '0.0.0.0', '192.168.1.5'],
  ...['[::]', '[::ffff:127.0.0.1]', '::1', 'localhost@evil.example', 'evil.example@localhost', 'localhost, evil.example', 'localhost evil.example', 'localhost/evil', 'localhost#', '', '127.0.0.1:port', '[::1', 'ⓛocalhost'],
];

describe('who may be asked for', () => {
  const isLoopbackOnly = (settings: Partial<Record<SettingName, string>>): [boolean, boolean] => {
    const { http, metrics } = loadConfig({ MASTER_KEY: Buffer.alloc(32, 7).toString('base64'), DATA_DIR: '/nowhere', ...settings });
    return [http.isLoopbackOnly, metrics.isLoopbackOnly];
  };

  it('is this machine alone, where the service listens there alone and has no other name', () => {
    expect(isLoopbackOnly({})).toEqual([true, true]);
    for (const HOST of ['localhost', '127.0.0.1', '127.8.9.1', '::1', '[::1]']) expect([HOST, isLoopbackOnly({ HOST })]).toEqual([HOST, [true, true]]);
    for (const HOST of ['0.0.0.0', '::', '192.168.1.5', 'likeness.internal', '128.0.0.1']) expect([HOST, isLoopbackOnly({ HOST })]).toEqual([HOST, [false, false]]);
    expect(isLoopbackOnly({ HOST: '0.0.0.0', METRICS_HOST: '127.0.0.1' })).toEqual([false, true]);
  });

  it('is anybody where PUBLIC_URL names the service: a proxy on the same machine passes that name on', () => {
    expect(isLoopbackOnly({ PUBLIC_URL: 'https://id.example.org' })).toEqual([false, false]);
    expect(isLoopbackOnly({ PUBLIC_URL: 'https://id.example.org', METRICS_HOST: '127.0.0.1' })).toEqual([false, false]);
  });
});

describe('a page of another name that leads to this machine (DNS rebinding)', () => {
  let service: BundledService;
  let ada: RegisteredUser;
  let requests: Record<string, (host: string, target?: string) => string>;

  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { PUBLIC_URL: '', GRAVATAR: 'on' });
    ada = await registerUser(service.api);
    await service.api.get('/v1/users/me', { token: ada.token });
    const digest = (await service.api.get(`/v1/users/${ada.id}`, { token: ada.token })).body.avatar.immutableUrl as string;
    const get = (path: string) => (host: string, target = ''): string => `GET ${target}${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${ada.token}\r\nconnection: close\r\n\r\n`;
    const post = (path: string, type: string, body: string) => (host: string, target = ''): string =>
      `POST ${target}${path} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: ${type}\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`;
    // Each way in which a request is answered: short ways, pages, the document, probes, what is not there, raw bodies.
    requests = {
      'the first registration': post('/v1/auth/register', 'application/json', '{}'),
      'a refresh': post('/v1/auth/refresh', 'application/json', '{"refreshToken":"lr_x"}'),
      introspection: post('/oauth/introspect', 'application/x-www-form-urlencoded', 'token=x'),
      'an account': get('/v1/users/me'),
      'a picture': get(`/v1/users/${ada.id}/avatar`),
      'an immutable picture': get(new URL(digest).pathname),
      'the page': get('/account'),
      root: get('/'),
      'the document': get('/openapi.json'),
      'the reference': get('/docs'),
      readiness: get('/health/ready'),
      keys: get('/.well-known/jwks.json'),
      nothing: get('/nothing'),
      'a preflight': (host, target = '') => `OPTIONS ${target}/v1/users/me HTTP/1.1\r\nhost: ${host}\r\norigin: http://evil.example\r\naccess-control-request-method: GET\r\nconnection: close\r\n\r\n`,
    };
  });
  afterAll(() => service.stop());

  const statusOf = async (bytes: string): Promise<string> => {
    const { status, body } = await exchange(service.api.port, Buffer.from(bytes, 'utf8'), { quietMs: 10_000 });
    return `${status} ${/"code":"([\w.]+)"/.exec(body)?.[1] ?? /"error":"(\w+)"/.exec(body)?.[1] ?? ''}`;
  };

  it('is told that it is misdirected, whatever it asks for', async () => {
    for (const [what, request] of Object.entries(requests)) {
      expect([what, await statusOf(request('evil.example'))]).toEqual([what, expect.stringMatching(/^421 /)]);
      expect([what, await statusOf(request('localhost'))]).toEqual([what, expect.not.stringMatching(/^421 /)]);
    }
  });

  it('is told so by the target too, which goes before the Host', async () => {
    for (const [what, request] of Object.entries(requests)) {
      expect([what, await statusOf(request('localhost', 'http://evil.example'))]).toEqual([what, expect.stringMatching(/^421 /)]);
      expect([what, await statusOf(request('localhost', 'http://localhost@evil.example'))]).toEqual([what, expect.stringMatching(/^421 /)]);
    }
    expect(await statusOf(requests['an account']!('localhost', 'http://127.0.0.1:9'))).toBe('200 ');
  });

  it.each(OURS)('is not one of the names of this machine: "%s"', async (host) => {
    expect(await statusOf(requests['an account']!(host))).toBe('200 ');
  });

  it.each(OTHERS)('may be called "%s"', async (host) => {
    expect(await statusOf(requests['an account']!(host))).toMatch(/^(421 request\.misdirected|400 request\.malformed_http)$/);
  });

  it('cannot hide behind a second Host', async () => {
    for (const hosts of ['localhost\r\nhost: evil.example', 'evil.example\r\nhost: localhost', 'localhost\r\nHOST: localhost']) {
      for (const [what, request] of Object.entries(requests)) expect([what, await statusOf(request(hosts))]).toEqual([what, expect.stringMatching(/^400 (request\.malformed_http|invalid_request)$/)]);
    }
  });
});

describe('answers that Accept chooses', () => {
  let service: BundledService;
  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { RATE_LIMITS: 'off' });
  });
  afterAll(() => service.stop());

  it('say so when they are errors', async () => {
    const nobody = '/v1/users/01890000-0000-7000-8000-000000000000/avatar';
    for (const [path, headers, status] of [
      [nobody, {}, 404],
      [nobody, { accept: 'image/avif' }, 404],
      [nobody, { range: 'lines=1-2' }, 404],
      [nobody, { accept: 'text/html' }, 406],
      [`${nobody}?size=0`, {}, 400],
      ['/v1/users/x/avatar', {}, 400],
    ] as const) {
      const answer = await service.api.get(path, { headers });
      expect([path, headers, answer.status, answer.headers.get('vary')]).toEqual([path, headers, status, 'Accept']);
    }
  });
});
