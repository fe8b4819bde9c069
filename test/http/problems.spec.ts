import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startHttpApp, type HttpApp } from './http-app.js';
import { exchange } from './raw-exchange.js';

const JSON_TYPE = { 'content-type': 'application/json' };

describe('a request that fails', () => {
  let http: HttpApp;

  beforeAll(async () => {
    http = await startHttpApp();
  });
  afterAll(async () => {
    await http.app.close();
  });

  const send = (path: string, init: RequestInit = {}): Promise<Response> => fetch(http.url + path, { signal: AbortSignal.timeout(5_000), ...init });

  const expectProblem = async (response: Response, status: number, code: string): Promise<Record<string, unknown>> => {
    const problem = (await response.json()) as Record<string, unknown>;
    expect([response.status, problem['code']]).toEqual([status, code]);
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(problem).toMatchObject({ type: `urn:likeness:problem:${code}`, status, instance: response.headers.get('x-request-id') });
    expect(typeof problem['title']).toBe('string');
    expect(typeof problem['detail']).toBe('string');
    return problem;
  };

  it.each([
    ['an unknown path', '/nothing', {}, 404, 'request.not_found'],
    ['a bad URL', '/things/%', {}, 400, 'request.malformed_url'],
    ['an over-long parameter', `/things/named/${'x'.repeat(300)}`, {}, 414, 'request.url_too_long'],
    ['a broken body', '/things', { method: 'POST', body: '{"email":', headers: JSON_TYPE }, 400, 'request.malformed_json'],
    ['a poisoned body', '/things', { method: 'POST', body: '{"__proto__":{"admin":true}}', headers: JSON_TYPE }, 400, 'request.malformed_json'],
    ['a body of bytes that are no UTF-8', '/things', { method: 'POST', body: Buffer.from([0x22, 0xff, 0x22]), headers: JSON_TYPE }, 400, 'request.malformed_json'],
    ['plain text where JSON belongs', '/things', { method: 'POST', body: '{}', headers: { 'content-type': 'text/plain' } }, 415, 'request.unsupported_media_type'],
    ['a form where JSON belongs', '/things', { method: 'POST', body: new URLSearchParams('a=1') }, 415, 'request.unsupported_media_type'],
    ['a picture where JSON belongs', '/things', { method: 'POST', body: 'x', headers: { 'content-type': 'image/png' } }, 415, 'request.unsupported_media_type'],
    ['a type that is none', '/things', { method: 'POST', body: 'x', headers: { 'content-type': '///' } }, 415, 'request.unsupported_media_type'],
    ['a merge patch on POST', '/things', { method: 'POST', body: '{}', headers: { 'content-type': 'application/merge-patch+json' } }, 415, 'request.unsupported_media_type'],
    ['no body', '/things', { method: 'POST' }, 400, 'request.invalid'],
    ['a list', '/things', { method: 'POST', body: '[{"email":"a@b.test"}]', headers: JSON_TYPE }, 400, 'request.invalid'],
    ['null', '/things', { method: 'POST', body: 'null', headers: JSON_TYPE }, 400, 'request.invalid'],
    ['a body nested beyond reason', '/things', { method: 'POST', body: '{"a":'.repeat(1_000) + '1' + '}'.repeat(1_000), headers: JSON_TYPE }, 400, 'request.too_complex'],
    ['a limit in words', '/things/list?limit=ten', {}, 400, 'request.invalid'],
    ['a limit twice', '/things/list?limit=1&limit=2', {}, 400, 'request.invalid'],
    ['NUL in a path', '/things/named/%00', {}, 400, 'request.invalid'],
    ['an id that is none', '/things/uuid/1', {}, 400, 'request.invalid'],
    ['a dependency that is away', '/things/database', {}, 503, 'service.unavailable'],
    ['a limit of requests', '/things/limited', {}, 429, 'auth.rate_limited'],
  ] as const)('says so for %s', async (_what, path, init, status, code) => {
    await expectProblem(await send(path, init), status, code);
  });

  it('lists every fault of every field, nested ones by their path', async () => {
    const body = JSON.stringify({ email: 'x', name: 'too long', lines: [{ text: 'a' }, { text: 1 }], extra: 1 });
    const problem = await expectProblem(await send('/things', { method: 'POST', body, headers: JSON_TYPE }), 400, 'request.invalid');
    const faults = (problem['errors'] as { field: string; code: string }[]).map(({ field, code }) => [field, code]);
    expect(faults.sort()).toEqual([['email', 'is_email'], ['extra', 'unknown_field'], ['lines[1].text', 'is_string'], ['name', 'max_length']]);
  });

  it('tells which methods a path has', async () => {
    for (const method of ['POST', 'DELETE', 'PROPFIND', 'TRACE']) {
      const answer = await exchange(http.port, `${method} /things/plain HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n`, { quietMs: 150 });
      expect([method, answer.status, answer.headers['allow']]).toEqual([method, 405, 'GET, HEAD, OPTIONS']);
      expect(answer.body).toContain('request.method_not_allowed');
    }
    const options = await send('/things/plain', { method: 'OPTIONS' });
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
  });

  it('takes a word that has a route of its own for no parameter of another', async () => {
    const answer = await send('/things/named/lookup?x=1');
    await expectProblem(answer.clone(), 405, 'request.method_not_allowed');
    expect(answer.headers.get('allow')).toBe('OPTIONS, POST');
    expect((await send('/things/named/lookup', { method: 'OPTIONS' })).headers.get('allow')).toBe('OPTIONS, POST');
    expect((await send('/things/named/lookup', { method: 'POST' })).status).toBe(200);
    expect((await send('/things/named/lookups')).status).toBe(200);
  });

  it('lets the body of a request without a route say nothing', async () => {
    await expectProblem(await send('/nothing', { method: 'POST', body: '{', headers: JSON_TYPE }), 404, 'request.not_found');
    await expectProblem(await send('/things/plain', { method: 'POST', body: '{', headers: JSON_TYPE }), 405, 'request.method_not_allowed');
    const query = await exchange(http.port, 'QUERY /things/plain HTTP/1.1\r\nhost: x\r\n\r\n', { quietMs: 150 });
    expect([query.status, query.headers['allow']]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  it.each(['crash', 'forged', 'thrown-string'])('never shows why it failed itself (%s)', async (path) => {
    const response = await send(`/things/${path}`);
    const text = await response.clone().text();
    await expectProblem(response, 500, 'service.internal');
    expect(text).not.toMatch(/hunter2|secret|library|\.ts|stack/);
  });

  it('says when to try again', async () => {
    expect((await send('/things/busy')).headers.get('retry-after')).toBe('7');
    expect((await send('/things/database')).headers.get('retry-after')).toBe('1');
    expect((await send('/things/limited')).headers.get('retry-after')).toMatch(/^\d+$/);
  });

  it.each([
    ['unknown-token', undefined, 'Bearer'],
    ['unknown-token', 'Basic eA==', 'Bearer'],
    ['unknown-token', 'Bearer x', 'Bearer error="invalid_token"'],
    ['unknown-token', 'Bearer', 'Bearer'],
    ['unknown-token', 'Bearer ', 'Bearer'],
    ['credentials', 'Bearer x', 'Bearer'],
  ])('challenges %s with Authorization %s by %s (RFC 6750)', async (path, authorization, challenge) => {
    const response = await send(`/things/${path}`, { headers: authorization ? { authorization } : {} });
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, challenge]);
  });

  it('drops what was said of a success, and lets nothing keep the failure', async () => {
    const response = await send('/things/cached-error', { headers: { 'if-none-match': '"7"' } });
    expect(response.headers.get('etag')).toBeNull();
    await expectProblem(response, 404, 'avatar.not_found');
  });

  it.each([
    ['an unknown method', 'FOO / HTTP/1.1\r\nhost: x\r\n\r\n', 400, 'request.malformed_http'],
    ['what is not HTTP', 'nonsense\r\n\r\n', 400, 'request.malformed_http'],
    ['two lengths', 'POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab', 400, 'request.malformed_http'],
    ['a length and chunks', 'POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 400, 'request.malformed_http'],
    ['too many headers', `GET /things/plain HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431, 'request.headers_too_large'],
    ['an expectation', 'GET /things/plain HTTP/1.1\r\nhost: x\r\nexpect: tea\r\n\r\n', 417, 'request.expectation_failed'],
    ['HTTP/1.1 without a host', 'GET /things/plain HTTP/1.1\r\n\r\n', 400, 'request.malformed_http'],
    ['a tunnel', 'CONNECT example.test:443 HTTP/1.1\r\nhost: example.test:443\r\n\r\n', 400, 'request.malformed_http'],
    ['a target that is no path', 'GET *things/plain HTTP/1.1\r\nhost: x\r\n\r\n', 404, 'request.not_found'],
  ] as const)('is a problem even for %s', async (_what, bytes, status, code) => {
    const answer = await exchange(http.port, bytes, { quietMs: 200 });
    expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).toEqual([status, code]);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.headers['x-request-id']).toBe((JSON.parse(answer.body) as { instance: string }).instance);
  });

  it('breaks the connection when a body fails half way, rather than end it as if whole', async () => {
    const response = await send('/things/broken-stream');
    await expect(response.arrayBuffer()).rejects.toThrow();
  });

  it('answers a HEAD that fails without a body', async () => {
    const response = await send('/nothing', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([404, '']);
  });

  it('goes on serving after all that', async () => {
    expect((await send('/things/plain')).status).toBe(200);
  });
});
