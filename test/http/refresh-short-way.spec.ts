import { tracingChannel } from 'node:diagnostics_channel';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { ServiceAdapter } from '../../src/kernel/http/index.js';
import { Limits } from '../../src/kernel/limits/index.js';
import { Metrics } from '../../src/kernel/metrics/index.js';
import { TokenRepository } from '../../src/modules/auth/tokens/index.js';
import { registerUser, type Api, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startService, type TestService } from '../kit/service.js';

/** A unit that no server has, so that it changes nothing (RFC 9110 §14.2), and which no short way takes. */
const LONG_WAY = { range: 'lines=1-2' };
const HANDLERS = tracingChannel('fastify.request.handler');

interface Seen {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

describeOnEitherShape('the short way of a refresh', (shape) => {
  let service: TestService;
  let api: Api;
  let handled = 0;
  const handlers = { start: () => void (handled += 1), end: () => undefined, asyncStart: () => undefined, asyncEnd: () => undefined, error: () => undefined };

  beforeAll(async () => {
    service = await startService(shape);
    api = service.api;
    HANDLERS.subscribe(handlers);
  });
  afterAll(async () => {
    HANDLERS.unsubscribe(handlers);
    await service.stop();
  });

  /** Without Redis there is no step that rotates only where all is as it was seen. */
  const taken = shape === 'PostgreSQL and Redis' ? 0 : 1;
  const ask = async (body: string, headers: Record<string, string> = {}): Promise<Seen> => {
    const response = await fetch(`${api.url}/v1/auth/refresh`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
    const { date: _date, 'x-request-id': id, ...rest } = Object.fromEntries(response.headers);
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    return { status: response.status, headers: rest, body: await response.text() };
  };
  const bodyOf = (token: string): string => JSON.stringify({ refreshToken: token });
  const parsed = ({ body }: Seen): { refreshToken: string; code?: string } => JSON.parse(body);
  /** Whose entry is in the cache. */
  const signedIn = async (): Promise<RegisteredUser> => {
    const somebody = await registerUser(api, {});
    await api.get('/v1/users/me', { token: somebody.token });
    handled = 0;
    return somebody;
  };
  /** Without what a second may change, and signatures, of which no two are the same. */
  const steady = ({ status, headers, body }: Seen): object => ({
    status,
    headers: { ...headers, ratelimit: headers.ratelimit?.replaceAll(/t=\d+/g, 't') },
    body: body.replace(/"instance":"[^"]*"/, '').replace(/(?<="accessToken":"[\w-]+\.[\w-]+\.)[\w-]+/, ''),
  });
  /** Nor how many guesses are left. */
  const uncounted = (seen: Seen): unknown => ({ ...steady(seen), headers: { ...seen.headers, ratelimit: seen.headers.ratelimit?.replaceAll(/[rt]=\d+/g, '') } });

  it('answers what the long way would answer again, without it, and rotates once', async () => {
    let { refreshToken } = await signedIn();
    for (const body of [bodyOf, (token: string) => ` {\n "refreshToken" : "${token}" }\r\n`]) {
      for (const headers of [{}, { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'another/1' }, { cookie: '__Host-likeness_refresh=lr_no', 'idempotency-key': 'one' }] as Record<string, string>[]) {
        handled = 0;
        const short = await ask(body(refreshToken), headers);
        expect([short.status, handled]).toEqual([200, taken]);
        const long = await ask(bodyOf(refreshToken), { ...headers, ...LONG_WAY });
        expect(handled).toBe(taken + 1);
        expect(steady(short)).toEqual(steady(long));
        expect(short.headers).toHaveProperty('ratelimit');
        ({ refreshToken } = parsed(short));
      }
    }
  });

  it('leaves every other body, and every token that is not the current one, to the long way', async () => {
    const { refreshToken } = await signedIn();
    const successor = parsed(await ask(bodyOf(refreshToken))).refreshToken;
    const other = await signedIn();
    await api.post('/v1/auth/logout', undefined, { token: other.token });
    const odd: [body: string, headers: Record<string, string>, status: number][] = [
      ['', {}, 400],
      ['{', {}, 400],
      [bodyOf(''), {}, 400],
      ['{"refreshToken":7}', {}, 400],
      [`{"refreshToken":"${successor}","more":1}`, {}, 400],
      [`{"refreshToken":"lr_no","refreshToken":"lr_nothing"}`, {}, 401],
      [`{"refreshToken":"lr_no\\u0000"}`, {}, 400],
      [`{"__proto__":"${successor}"}`, {}, 400],
      [bodyOf('lr_no'), {}, 401],
      [bodyOf(`lk_${successor.slice(3)}`), {}, 401],
      [bodyOf(other.refreshToken), {}, 401],
      [bodyOf(refreshToken), {}, 200],
      [bodyOf(successor), { 'content-type': 'text/plain' }, 415],
      [bodyOf(successor) + ' '.repeat(300_000), {}, 413],
    ];
    for (const [body, headers, status] of odd) {
      const first = await ask(body, headers);
      expect([body.slice(0, 40), first.status]).toEqual([body.slice(0, 40), status]);
      const long = await ask(body, { ...headers, ...LONG_WAY });
      expect(uncounted(first)).toEqual(uncounted(long));
    }
    expect((await ask(bodyOf(successor))).status).toBe(200);
  });

  it.each(['\v', '\f', '\u00a0', '\u2028'])('takes no white space but that of JSON: %j', async (space) => {
    const { refreshToken } = await signedIn();
    for (const body of [`${space}${bodyOf(refreshToken)}`, `{${space}"refreshToken":"${refreshToken}"}`, `${bodyOf(refreshToken)}${space}`]) {
      expect(parsed(await ask(body)).code).toBe('request.malformed_json');
    }
    expect((await ask(`\t{ "refreshToken"\r\n:"${refreshToken}"}\n`)).status).toBe(200);
  });

  it('answers what was rotated when the service began to drain meanwhile, and ends the connection with it', async () => {
    const own = await startService(shape, {});
    try {
      const somebody = await registerUser(own.api, {});
      await own.api.get('/v1/users/me', { token: somebody.token });
      const tokens = own.api.app.get(TokenRepository, { strict: false });
      const rotate = tokens.rotate.bind(tokens);
      tokens.rotate = async (input) => {
        const rotation = await rotate(input);
        (own.api.app.getHttpAdapter() as unknown as ServiceAdapter).drain();
        return rotation;
      };
      handled = 0;
      const { status, headers } = await own.api.post('/v1/auth/refresh', { refreshToken: somebody.refreshToken });
      expect([status, headers.get('connection'), handled]).toEqual([200, taken === 0 ? 'close' : 'keep-alive', taken]);
    } finally {
      await own.stop();
    }
  });

  it('sees at once what has changed since it last looked', async () => {
    const [renamed, ended] = [await signedIn(), await signedIn()];
    const next = parsed(await ask(bodyOf(renamed.refreshToken))).refreshToken;
    expect((await api.patch('/v1/users/me', { displayName: 'Another' }, { token: renamed.token })).status).toBe(200);
    handled = 0;
    // Whoever finds another entry than the one it saw goes the long way, once.
    const after = await ask(bodyOf(next));
    expect([after.status, handled]).toEqual([200, 1]);

    const last = parsed(await ask(bodyOf(ended.refreshToken))).refreshToken;
    await api.post('/v1/auth/logout-all', undefined, { token: ended.token });
    const refused = await ask(bodyOf(last));
    expect([refused.status, parsed(refused).code]).toEqual([401, 'auth.session_ended']);
  });

  it('counts what the long way counts', async () => {
    const { refreshToken } = await signedIn();
    const metrics = api.app.get(Metrics);
    const figures = async (): Promise<string[]> => (await metrics.registry.metrics()).split('\n').filter((line) => /^likeness_(tokens_refreshed_total|tokens_issued_total\{kind="refresh"|http_request_duration_seconds_count.*refresh)/.test(line));
    const count = (lines: readonly string[]): number => lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    const before = await figures();
    await ask(bodyOf(refreshToken));
    // One answer of 2xx, one token that was presented and rotated, one access token.
    expect(count(await figures()) - count(before)).toBe(3);
  });

  it('is at its limits when the long way is', async () => {
    const { refreshToken } = await signedIn();
    // Where requests are counted, but without 300 wrong ones: of those a busy machine may answer some with 503, which counts nothing.
    const limits = api.app.get(Limits, { strict: false });
    for (let count = 0; count < 300; count += 1) await limits.count({ ipAddress: '127.0.0.1' }, ['refresh-token', refreshToken]);
    const refused = async (headers: Record<string, string>): Promise<object> => {
      const seen = await ask(bodyOf(refreshToken), headers);
      const { 'retry-after': seconds, ...rest } = seen.headers;
      expect([seen.status, parsed(seen).code, Number(seconds) > 0]).toEqual([429, 'request.rate_limited', true]);
      return steady({ ...seen, headers: rest, body: seen.body.replace(/\d+ (?=second|minute)/g, '') });
    };
    expect(await refused({})).toEqual(await refused(LONG_WAY));
  });
});
