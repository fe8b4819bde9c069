import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { createHash } from 'node:crypto';
import { get, type IncomingMessage } from 'node:http';
import { ApiClient } from '../kit/api.js';
import { startBundledService, type BundledService } from '../kit/service.js';

/** As browsers ask for a page. */
const HTML = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' };
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
  let service: BundledService;
  let api: ApiClient;
  let html: string;
  let script: string;

  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { PASSWORD_MIN_LENGTH: '12', PUBLIC_URL: 'https://id.example.org/people' });
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

  it.each(['/account/assets/index-gone.js', '/account/assets/..%2Findex.html', '/account/assets/.sources', '/account/a/b/c/d'])('and what it has not is, to programs, a problem that nobody keeps: %s', async (path) => {
    const answer = await api.get(path);
    expect([answer.status, answer.body.code, answer.headers.get('cache-control')]).toEqual([404, 'request.not_found', 'no-store']);
  });

  it.each(['/account/a/b/c/d', '/wp-login.php', '/v1/nothing', '//evil.example/'])('and what it has not is, to people, a page that says so: %s', async (path) => {
    const [answer, head] = await Promise.all([api.get(path, { headers: HTML }), api.head(path, { headers: HTML })]);
    expect([answer.status, answer.headers.get('content-type'), answer.headers.get('cache-control'), answer.headers.get('vary')]).toEqual([404, 'text/html; charset=utf-8', 'no-store', 'Accept']);
    const page = answer.bytes.toString('utf8');
    expect(page).toContain('<h1>Page not found</h1>');
    expect(page).toContain('<a href="/people/">');
    const [, style] = /<style>(.*)<\/style>/.exec(page)!;
    expect(answer.headers.get('content-security-policy')).toContain(`default-src 'none'; style-src 'sha256-${createHash('sha256').update(style!).digest('base64')}'`);
    expect([head.status, head.bytes.length, head.headers.get('content-type')]).toEqual([404, 0, 'text/html; charset=utf-8']);
  });

  it.each([
    ['/account/', '../account'],
    ['/account/devices/', '../devices'],
    ['/account/admin/users/?q=a&b', '../users?q=a&b'],
    ['/account//', '../../account'],
    ['/docs/', '../docs'],
    ['/reset-password/', '../reset-password'],
  ])('a slash too many is taken off, whatever a proxy has put before it: %s', async (path, location) => {
    for (const headers of [HTML, {}]) {
      const answer = await api.get(path, { headers });
      expect([answer.status, answer.headers.get('location'), answer.headers.get('cache-control')]).toEqual([308, location, 'no-store']);
    }
    const landed = new URL(location, `https://id.example.org/people${path}`).pathname.replace('/people', '');
    expect((await api.get(landed)).status).toBeLessThan(400);
  });

  it('but programs that spell an operation wrongly are told so, and other methods find no page', async () => {
    const [slash, posted, json] = await Promise.all([api.get('/v1/users/me/'), api.post('/nothing', {}, { headers: HTML }), api.get('/nothing', { headers: { accept: 'application/json, text/html;q=0' } })]);
    for (const answer of [slash, posted, json]) expect([answer.status, answer.body.code, answer.headers.get('vary')]).toEqual([404, 'request.not_found', 'Accept']);
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
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { ACCOUNT_PAGE: 'off' });
  });
  afterAll(() => service.stop());

  it.each(['/', '/account', '/account/devices', '/account/assets/index.js', '/reset-password', '/verify-email'])('there is nothing at %s', async (path) => {
    const answer = await service.api.get(path);
    expect([answer.status, answer.body.code]).toEqual([404, 'request.not_found']);
  });

  it('and the page that says so leads nowhere', async () => {
    const answer = await service.api.get('/account', { headers: HTML });
    expect([answer.status, answer.headers.get('content-type'), answer.bytes.includes('<a ')]).toEqual([404, 'text/html; charset=utf-8', false]);
  });
});
