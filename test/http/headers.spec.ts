import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startHttpApp, type HttpApp } from './http-app.js';

const LISTED = 'https://app.example';

describe('headers of every answer', () => {
  let http: HttpApp;
  let proxied: HttpApp;

  beforeAll(async () => {
    http = await startHttpApp({ allowedOrigins: [LISTED] });
    proxied = await startHttpApp({ trustedProxies: ['127.0.0.0/8'] });
  });
  afterAll(() => Promise.all([http.app.close(), proxied.app.close()]));

  const send = (path: string, init: RequestInit = {}): Promise<Response> => fetch(http.url + path, { signal: AbortSignal.timeout(5_000), ...init });

  it.each(['/things/plain', '/nothing', '/things/crash', '/things/%', `/things/named/${'x'.repeat(300)}`])('carry a request id, the client’s if it is sane (%s)', async (path) => {
    expect((await send(path, { headers: { 'x-request-id': 'trace-1.a_B' } })).headers.get('x-request-id')).toBe('trace-1.a_B');
    for (const bad of ['a b', 'a"b', 'x'.repeat(129), 'é']) {
      expect((await send(path, { headers: { 'x-request-id': bad } })).headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it.each(['/things/plain', '/nothing', '/things/crash', '/things/%'])('forbid sniffing, embedding and active content (%s)', async (path) => {
    const { headers } = await send(path);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get('cross-origin-resource-policy')).toBe('same-origin');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  it('let pages of any origin show a picture', async () => {
    const { headers } = await send('/things/picture');
    expect(headers.get('cross-origin-resource-policy')).toBe('cross-origin');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'");
  });

  it.each(['/things/plain', '/nothing', '/things/%'])('let pages of listed origins read, and no others (%s)', async (path) => {
    const listed = await send(path, { headers: { origin: LISTED } });
    expect(listed.headers.get('access-control-allow-origin')).toBe(LISTED);
    for (const name of ['ETag', 'X-Request-Id', 'Location', 'Retry-After', 'RateLimit']) expect(listed.headers.get('access-control-expose-headers')).toContain(name);
    for (const origin of ['https://evil.example', 'null', 'https://app.example.evil', 'HTTPS://APP.EXAMPLE']) {
      const other = await send(path, { headers: { origin } });
      expect(other.headers.get('access-control-allow-origin')).toBeNull();
      expect(other.headers.get('vary')).toContain('Origin');
    }
    expect((await send(path)).headers.get('vary')).toContain('Origin');
  });

  it('answer a preflight of a listed page before anything else looks at it', async () => {
    const preflight = { method: 'OPTIONS', headers: { origin: LISTED, 'access-control-request-method': 'PUT', 'access-control-request-headers': 'authorization' } };
    const response = await send('/things/upload', preflight);
    expect(response.status).toBe(204);
    expect(response.headers.get('access-control-allow-methods')).toContain('PUT');
    for (const name of ['Authorization', 'Content-Type', 'If-Match', 'If-None-Match', 'Idempotency-Key']) {
      expect(response.headers.get('access-control-allow-headers')).toContain(name);
    }
    const other = await send('/things/upload', { ...preflight, headers: { ...preflight.headers, origin: 'https://evil.example' } });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
    expect(other.headers.get('access-control-allow-methods')).toBeNull();
  });

  it('believe X-Forwarded-For from a trusted proxy alone', async () => {
    const headers = { 'x-forwarded-for': '203.0.113.9' };
    const ipOf = async (url: string): Promise<unknown> => ((await (await fetch(`${url}/things/meta`, { headers })).json()) as { ipAddress: string }).ipAddress;
    expect(await ipOf(http.url)).toBe('127.0.0.1');
    expect(await ipOf(proxied.url)).toBe('203.0.113.9');
  });
});
