import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { startHttpApp, type HttpApp } from './http-app.js';
import { exchange } from './raw-exchange.js';

describe('bodies', () => {
  let http: HttpApp;

  beforeAll(async () => {
    http = await startHttpApp();
  });
  afterAll(async () => {
    await http.app.close();
  });

  const send = (path: string, method: string, body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(http.url + path, { method, body, headers, signal: AbortSignal.timeout(20_000) });

  const codeOf = async (response: Response): Promise<[number, string]> => [response.status, ((await response.json()) as { code: string }).code];

  const chunked = (megabytes: number): ReadableStream<Uint8Array> => {
    let left = megabytes;
    return new ReadableStream({ pull: (controller) => (left-- > 0 ? controller.enqueue(Buffer.alloc(1024 * 1024, 32)) : controller.close()) });
  };

  it('tells the sender of 50 MB of JSON that it is too much', async () => {
    const response = await send('/things', 'POST', Buffer.alloc(50_000_000, 32), { 'content-type': 'application/json' });
    expect(await codeOf(response)).toEqual([413, 'request.too_large']);
  });

  it('tells the sender of endless chunks too', async () => {
    const init = { method: 'POST', body: chunked(40), duplex: 'half', headers: { 'content-type': 'application/json' } } as RequestInit;
    expect(await codeOf(await fetch(`${http.url}/things`, init))).toEqual([413, 'request.too_large']);
  });

  it('tells a handler’s refusal to whoever still sends', async () => {
    const picture = Buffer.alloc(50_000_000);
    expect(await codeOf(await send('/things/upload', 'PUT', picture, { 'content-type': 'image/png' }))).toEqual([413, 'avatar.too_large']);
    expect(await codeOf(await send('/things/refusing', 'PUT', picture, { 'content-type': 'multipart/form-data; boundary=x' }))).toEqual([401, 'auth.token_unknown']);
  });

  it('answers on a bare socket whose client writes all before it reads', async () => {
    const head = 'POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 30000000\r\n\r\n';
    const answer = await exchange(http.port, Buffer.concat([Buffer.from(head), Buffer.alloc(30_000_000, 32)]), { quietMs: 1_000 });
    expect(answer.status).toBe(413);
    expect(answer.body).toContain('request.too_large');
  });

  it('keeps the connection for the next request once a refused body has been taken in', async () => {
    const refused = `POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 300000\r\n\r\n${' '.repeat(300_000)}`;
    const answer = await exchange(http.port, `${refused}GET /things/plain HTTP/1.1\r\nhost: x\r\n\r\n`);
    expect(answer.text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
  });

  it('stops listening to a refused sender who never ends', async () => {
    const closed = new Promise<number>((resolve) => {
      const socket = connect(http.port, '127.0.0.1');
      let sent = 0;
      const chunk = Buffer.alloc(1024 * 1024, 32);
      const write = (): void => {
        if (socket.destroyed) return;
        sent += chunk.length;
        if (socket.write(chunk)) setImmediate(write);
      };
      socket.on('error', () => undefined).on('drain', write).on('data', () => undefined).on('close', () => resolve(sent));
      socket.write('POST /things HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9000000000\r\n\r\n');
      write();
    });
    expect(await closed).toBeLessThan(200 * 1024 * 1024);
  });

  it.each(['image/png', 'application/octet-stream', 'application/json', 'text/plain', 'multipart/form-data; boundary=x', 'nonsense'])(
    'hands a raw route the bytes unread, declared as %s',
    async (type) => {
      const response = await send('/things/upload', 'PUT', Buffer.alloc(5_000), { 'content-type': type });
      expect([response.status, await response.json()]).toEqual([200, { bytes: 5_000, type }]);
    },
  );

  it('hands a raw route bytes without a type, and no bytes at all', async () => {
    const answer = await exchange(http.port, 'PUT /things/upload HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc', { quietMs: 150 });
    expect(answer.body).toContain('{"bytes":3,"type":null}');
    expect(await (await send('/things/upload', 'PUT', '', { 'content-type': 'image/png' })).json()).toEqual({ bytes: 0, type: 'image/png' });
  });

  it('takes a merge patch on PATCH', async () => {
    const response = await send('/things', 'PATCH', '{"email":"a@b.test"}', { 'content-type': 'application/merge-patch+json' });
    expect([response.status, await response.json()]).toEqual([200, { email: 'a@b.test' }]);
  });

  it('takes a JSON type without a body for no body', async () => {
    expect((await send('/things', 'DELETE', '', { 'content-type': 'application/json' })).status).toBe(204);
  });

  it('gives a list its default limit', async () => {
    expect(await (await fetch(`${http.url}/things/list`)).json()).toEqual({ limit: 50 });
  });
});
