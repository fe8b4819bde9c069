import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { get, type IncomingMessage } from 'node:http';
import { Api } from '../kit/api.js';
import { startService, type TestService } from '../kit/service.js';

const IMMUTABLE = 'public, max-age=31536000, immutable';

interface Raw {
  readonly message: IncomingMessage;
  readonly bytes: Buffer;
}

/** As it is on the wire: `fetch` would decompress. */
const raw = (url: string, headers: Record<string, string> = {}): Promise<Raw> =>
  new Promise((resolve, reject) => {
    get(url, { headers, agent: false }, (message) => {
      const chunks: Buffer[] = [];
      message.on('data', (chunk: Buffer) => chunks.push(chunk)).on('end', () => resolve({ message, bytes: Buffer.concat(chunks) }));
    }).on('error', reject);
  });

describe('the account page is served', () => {
  let service: TestService;
  let api: Api;
  let html: string;
  let script: string;

  beforeAll(async () => {
    service = await startService('PostgreSQL alone', { PASSWORD_MIN_LENGTH: '12', PUBLIC_URL: 'https://id.example.org/people' });
    api = service.api;
    html = (await api.get('/account')).bytes.toString('utf8');
    // The path under which the proxy serves it, which the proxy takes off.
    script = /<script type="module"[^>]* src="\/people([^"]+)"/.exec(html)![1]!;
  });
  afterAll(() => service.stop());

  it('from the top of the service', async () => {
    const answer = await api.get('/');
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe('/people/account');
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it.each(['reset-password', 'verify-email'])('from the links of mails: /%s', async (path) => {
    const answer = await api.get(`/${path}`);
    expect([answer.status, answer.headers.get('location')]).toEqual([302, `/people/account/${path}`]);
  });

  it.each(['/account', '/account/devices', '/account/admin/users', '/account/admin/users/01a21fce-2e5e-7d7c-b97b-f74ebab25f49'])('as one document: %s', async (path) => {
    const answer = await api.get(path);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('no-cache');
    expect(answer.headers.get('etag')).toMatch(/^"[^"]+"$/);
    expect(answer.headers.get('vary')).toContain('Accept-Encoding');
    expect(answer.bytes.toString('utf8')).toBe(html);
  });

  it('with a policy that lets nothing in from elsewhere, and nothing that is inline', async () => {
    const policy = (await api.get('/account')).headers.get('content-security-policy')!;
    expect(policy).toContain("default-src 'none'; script-src 'self'; style-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe-|https?:|\*|data:/);
    expect(html).not.toMatch(/<script(?![^>]* src=)|<style|\son\w+=|style="/);
  });

  it('with what the page must know of this installation', () => {
    const settings = /<meta name="likeness-settings" content="([^"]+)">/.exec(html)![1]!.replaceAll('&quot;', '"');
    expect(JSON.parse(settings)).toMatchObject({ registration: 'open', passwordMinLength: 12, avatarMaxBytes: 10_485_760, avatarMaxPixels: 50_000_000 });
    expect(html).toContain('<meta name="likeness-base" content="/people">');
  });

  it('with files whose names change with their bytes, kept for a year', async () => {
    const answer = await api.get(script);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe(IMMUTABLE);
    expect(answer.headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it.each(['/account', 'the script'])('compressed as the client takes it, each form with a validator of its own: %s', async (what) => {
    const url = api.url + (what === '/account' ? what : script);
    const [plain, gzip, br] = await Promise.all([raw(url), raw(url, { 'accept-encoding': 'br;q=0, gzip' }), raw(url, { 'accept-encoding': 'gzip, deflate, br' })]);
    expect([plain, gzip, br].map(({ message }) => message.headers['content-encoding'])).toEqual([undefined, 'gzip', 'br']);
    expect(gunzipSync(gzip.bytes).equals(plain.bytes)).toBe(true);
    expect(brotliDecompressSync(br.bytes).equals(plain.bytes)).toBe(true);
    expect(br.bytes.length).toBeLessThan(plain.bytes.length);
    expect(new Set([plain, gzip, br].map(({ message }) => message.headers.etag)).size).toBe(3);
    expect(br.message.headers['content-length']).toBe(String(br.bytes.length));
  });

  it.each(['/account', 'the script'])('not again to whoever holds it: %s', async (what) => {
    const path = what === '/account' ? what : script;
    const first = await api.get(path);
    const again = await api.get(path, { headers: { 'if-none-match': first.headers.get('etag')! } });
    expect(again.status).toBe(304);
    expect(again.bytes.length).toBe(0);
    for (const name of ['etag', 'cache-control', 'vary']) expect(again.headers.get(name)).toBe(first.headers.get(name));
  });

  it.each(['/account', 'the script'])('to HEAD as to GET, without the body: %s', async (what) => {
    const path = what === '/account' ? what : script;
    const [got, head] = await Promise.all([api.get(path), api.head(path)]);
    expect(head.status).toBe(200);
    expect(head.bytes.length).toBe(0);
    for (const name of ['etag', 'cache-control', 'content-type', 'content-encoding', 'content-security-policy']) expect(head.headers.get(name)).toBe(got.headers.get(name));
  });

  it.each(['/account/assets/index-gone.js', '/account/assets/..%2Findex.html', '/account/assets/.sources', '/account/a/b/c/d'])('and what it has not is a problem that nobody keeps: %s', async (path) => {
    const answer = await api.get(path);
    expect([answer.status, answer.body.code, answer.headers.get('cache-control')]).toEqual([404, 'request.not_found', 'no-store']);
  });

  it.each([
    ['', false],
    ['theme=dark', false],
    ['__Host-likeness_refresh=', false],
    ['theme=dark; __Host-likeness_refresh=lr_1', true],
  ])('with whether a refresh cookie came along, kept by nobody: "%s"', async (cookie, isThere) => {
    const answer = await api.get('/account/cookie', { headers: { cookie } });
    expect([answer.status, answer.body, answer.headers.get('cache-control')]).toEqual([200, { isThere }, 'no-store']);
  });

  it('to GET and HEAD alone', async () => {
    const answer = await api.post('/account', {});
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
  });

  it('and is no part of the document of the API', async () => {
    const { body } = await api.get('/openapi.json');
    expect(Object.keys(body.paths).filter((path) => /account|reset-password|^\/$/.test(path))).toEqual([]);
  });
});

describe('with ACCOUNT_PAGE=off', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService('PostgreSQL alone', { ACCOUNT_PAGE: 'off' });
  });
  afterAll(() => service.stop());

  it.each(['/', '/account', '/account/devices', '/account/cookie', '/account/assets/index.js', '/reset-password', '/verify-email'])('there is nothing at %s', async (path) => {
    const answer = await service.api.get(path);
    expect([answer.status, answer.body.code]).toEqual([404, 'request.not_found']);
  });
});
