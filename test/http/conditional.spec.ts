import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openStreams, startHttpApp, type HttpApp } from './http-app.js';
import { exchange } from './raw-exchange.js';
import { eventually } from '../kit/eventually.js';

describe('caching and conditional requests', () => {
  let http: HttpApp;

  beforeAll(async () => {
    http = await startHttpApp({ allowedOrigins: ['https://app.example'] });
  });
  afterAll(async () => {
    await http.app.close();
  });

  const get = (path: string, etags?: string, method = 'GET'): Promise<Response> =>
    fetch(http.url + path, { method, headers: etags === undefined ? {} : { 'if-none-match': etags }, signal: AbortSignal.timeout(5_000) });

  it('lets nothing keep an answer whose route says nothing', async () => {
    expect((await get('/things/plain')).headers.get('cache-control')).toBe('no-store');
  });

  it.each(['"7"', 'W/"7"', '"x", W/"7"', '"x" , , "7"', '*'])('answers 304 to If-None-Match: %s', async (etags) => {
    const response = await get('/things/me', etags);
    expect([response.status, await response.text()]).toEqual([304, '']);
  });

  it.each(['"8"', '7', 'W/7', '"7', '"x" "', ''])('answers 200 to If-None-Match: %s', async (etags) => {
    expect((await get('/things/me', etags)).status).toBe(200);
  });

  it.each(['/things/me', '/things/picture'])('gives a 304 the Cache-Control, ETag and Vary of the 200 (%s)', async (path) => {
    const ok = await get(path);
    for (const method of ['GET', 'HEAD']) {
      const held = await get(path, ok.headers.get('etag')!, method);
      expect(held.status).toBe(304);
      for (const name of ['cache-control', 'etag', 'vary']) expect([method, name, held.headers.get(name)]).toEqual([method, name, ok.headers.get(name)]);
    }
  });

  it('says nothing of a length in a 304, by GET or HEAD', async () => {
    for (const method of ['GET', 'HEAD']) {
      for (const path of ['me', 'picture', 'stream']) {
        const tag = { me: '"7"', picture: '"digest-64-webp"', stream: '"s"' }[path];
        const { status, headers, text } = await exchange(http.port, `${method} /things/${path} HTTP/1.1\r\nhost: x\r\nif-none-match: ${tag}\r\n\r\n`, { quietMs: 100 });
        expect([method, path, status, headers['content-length'], headers['content-type'], headers['transfer-encoding']]).toEqual([
          method, path, 304, undefined, undefined, undefined,
        ]);
        expect(text.endsWith('\r\n\r\n')).toBe(true);
      }
    }
  });

  it('closes a stream that nobody will read', async () => {
    openStreams.length = 0;
    await get('/things/stream', '"s"');
    await eventually('the stream is closed', () => openStreams.length === 1 && openStreams[0]!.destroyed);
  });

  it('never answers 304 to a write', async () => {
    const response = await fetch(`${http.url}/things/etag`, { method: 'POST', headers: { 'if-none-match': '"7"' } });
    expect([response.status, await response.json()]).toEqual([200, { posted: true }]);
  });

  it.each(['/things/plain', '/things/me', '/things/picture', '/things/stream'])('answers HEAD like GET, without the body (%s)', async (path) => {
    const [byGet, byHead] = [await get(path), await get(path, undefined, 'HEAD')];
    expect(byHead.status).toBe(byGet.status);
    expect(await byHead.text()).toBe('');
    for (const name of ['cache-control', 'etag', 'vary', 'content-type']) expect([name, byHead.headers.get(name)]).toEqual([name, byGet.headers.get(name)]);
    if (byGet.headers.has('content-length') && byHead.headers.has('content-length')) {
      expect(byHead.headers.get('content-length')).toBe(byGet.headers.get('content-length'));
    }
  });
});
