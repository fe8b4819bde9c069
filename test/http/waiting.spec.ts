import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { ServiceAdapter } from '../../src/kernel/http/index.js';
import { slowRequests, startHttpApp, WAITS, type HttpApp } from './http-app.js';

const PAGE = 'https://app.example.org';
const HEAD = 'HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n';

/** Everything that the other side said until it closed. */
const heard = async (socket: Socket): Promise<string> => {
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1'))).on('error', () => undefined);
  if (!socket.closed) await once(socket, 'close');
  return text;
};

const open = async (port: number, bytes = '', options: { localAddress?: string } = {}): Promise<Socket> => {
  const socket = connect({ port, host: '127.0.0.1', ...options });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  if (bytes !== '') socket.write(bytes);
  return socket;
};

const statusOf = (text: string): string => text.slice(9, 12);

describe('a client that does not go on', () => {
  let http: HttpApp;

  beforeAll(async () => {
    http = await startHttpApp({ allowedOrigins: [PAGE], waits: { ...WAITS, idleMs: 300, requestMs: 1_500, uploadMs: 1_500, keepAliveMs: 300 } });
  });
  afterAll(() => http.app.close());

  it.each([
    ['says nothing', '', ''],
    ['breaks off in the request line', 'POST /thi', '408'],
    ['breaks off in its headers', `POST /things ${HEAD}x-a: b`, '408'],
    ['sends no body', `POST /things ${HEAD}content-length: 10\r\n\r\n`, '408'],
    ['breaks off in its body', `POST /things ${HEAD}content-length: 10\r\n\r\n{"a"`, '408'],
    ['breaks off in a chunk', `POST /things ${HEAD}transfer-encoding: chunked\r\n\r\n5\r\n{"a`, '408'],
    ['breaks off in an upload', `PUT /things/upload ${HEAD}content-length: 100\r\n\r\nabc`, '408'],
  ])('and %s is told so, and is not waited for', async (_what, bytes, status) => {
    const text = await heard(await open(http.port, bytes));
    expect([statusOf(text), text.includes('request.timeout')]).toEqual([status, status === '408']);
  });

  it.each<[what: string, start: string, origin: string, status: string, isReadable: boolean]>([
    ['408 in its body', `POST /things ${HEAD}content-length: 10\r\n`, PAGE, '408', true],
    ['400 in its body', `POST /things ${HEAD}transfer-encoding: chunked\r\n`, PAGE, '400', true],
    ['417', `POST /things ${HEAD}content-length: 2\r\nexpect: tea\r\n`, PAGE, '417', true],
    ['408, from elsewhere', `POST /things ${HEAD}content-length: 10\r\n`, 'http://evil.example', '408', false],
  ])('may be a page, which reads that it is %s', async (_what, start, origin, status, isReadable) => {
    const text = await heard(await open(http.port, `${start}origin: ${origin}\r\n\r\n{}`));
    const [head] = text.split('\r\n\r\n') as [string];
    const allowed = /^access-control-allow-origin: (.*)$/m.exec(head)?.[1];
    expect([statusOf(text), allowed, /^vary: Origin\r$/im.test(`${head}\r`), /^access-control-expose-headers: .*X-Request-Id/m.test(head)]).toEqual([status, isReadable ? PAGE : undefined, true, isReadable]);
  });

  it('of which no head has come has no page that is known', async () => {
    const text = await heard(await open(http.port, `POST /things ${HEAD}origin: ${PAGE}\r\nx-a: b`));
    expect([statusOf(text), text.includes('access-control')]).toEqual(['408', false]);
  });

  it('and says nothing gets no answer when Node’s own clock for headers rings before the one for silence', async () => {
    const server = http.app.getHttpServer();
    const [socket, [served]] = await Promise.all([open(http.port), once(server, 'connection') as Promise<[Socket]>]);
    server.emit('clientError', Object.assign(new Error('timeout'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), served);
    expect(await heard(socket)).toBe('');
  });

  it('is told 408 for a second request that breaks off, after the answer to the first', async () => {
    const text = await heard(await open(http.port, `POST /things/etag ${HEAD}content-length: 2\r\n\r\n{}POST /things ${HEAD}content-length: 10\r\n\r\n{`));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 408']);
  });

  it('but drips byte by byte is slower than any network, and is told so', async () => {
    const socket = await open(http.port, `PUT /things/upload ${HEAD}content-length: 100000\r\n\r\n`);
    const drip = setInterval(() => socket.write('x'), 50);
    const text = await heard(socket);
    clearInterval(drip);
    expect([statusOf(text), text.includes('request.timeout')]).toEqual(['408', true]);
  });

  it('and sends steadily for longer than a whole body may take is told so', async () => {
    const socket = await open(http.port, `PUT /things/upload ${HEAD}content-length: 100000000\r\n\r\n`);
    const pour = setInterval(() => socket.write('x'.repeat(1_000)), 50);
    const text = await heard(socket);
    clearInterval(pour);
    expect(statusOf(text)).toBe('408');
  });

  it('is waited for while bytes come, however long it takes beyond the time that silence may last', async () => {
    const socket = await open(http.port, `PUT /things/upload ${HEAD}content-length: 10000\r\nconnection: close\r\n\r\n`);
    let sent = 0;
    const pour = setInterval(() => {
      socket.write('x'.repeat(1_000));
      sent += 1_000;
      if (sent === 10_000) clearInterval(pour);
    }, 80);
    const text = await heard(socket);
    expect([statusOf(text), text.includes('"bytes":10000')]).toEqual(['200', true]);
  });

  it('and does not take its answer is waited for no longer', async () => {
    const socket = await open(http.port);
    socket.pause();
    // As many answers as no buffer between here and there can hold.
    const asked = 'GET /things/plain HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(40_000);
    socket.write(asked);
    const { connections } = http.app.getHttpAdapter() as unknown as ServiceAdapter;
    while (connections.count > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    socket.destroy();
    expect((await fetch(`${http.url}/things/plain`)).status).toBe(200);
  });

  it('and keeps its connection after an answer keeps it for as long as was set', async () => {
    const text = await heard(await open(http.port, 'GET /things/plain HTTP/1.1\r\nhost: x\r\n\r\n'));
    expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 200']);
  });

  it('does not end a handler that takes longer than a client may be silent', async () => {
    const [response] = await Promise.all([
      fetch(`${http.url}/things/slow`),
      once(slowRequests, 'arrived').then(() => setTimeout(() => slowRequests.emit('release'), 1_000)),
    ]);
    expect(await response.json()).toEqual({ slow: true });
  });
});

describe('a service that closes', () => {
  it('does not wait for bodies that have stopped, or connections that ask nothing', async () => {
    const http = await startHttpApp({ waits: { ...WAITS, idleMs: 600_000, requestMs: 600_000 } });
    const sockets = await Promise.all(['', 'GET /thi', `POST /things ${HEAD}content-length: 10\r\n\r\n{`].map((bytes) => open(http.port, bytes)));
    expect((await fetch(`${http.url}/things/plain`)).status).toBe(200);
    const answers = Promise.all(sockets.map(heard));
    await http.app.close();
    expect((await answers).map(statusOf)).toEqual(['', '', '408']);
  });
});

describe('connections', () => {
  let http: HttpApp;
  let trusting: HttpApp;

  beforeAll(async () => {
    http = await startHttpApp({ waits: { ...WAITS, maxConnections: 6, maxConnectionsPerAddress: 4 } });
    trusting = await startHttpApp({ trustedProxies: ['127.0.0.0/8'], waits: { ...WAITS, maxConnections: 6, maxConnectionsPerAddress: 1 } });
  });
  afterAll(() => Promise.all([http.app.close(), trusting.app.close()]));

  const connectionsOf = ({ app }: HttpApp): number => (app.getHttpAdapter() as unknown as ServiceAdapter).connections.count;
  const opened = async (to: HttpApp, count: number): Promise<Socket[]> => {
    const sockets = await Promise.all(Array.from({ length: count }, () => open(to.port)));
    while (connectionsOf(to) < count) await new Promise((resolve) => setTimeout(resolve, 5));
    return sockets;
  };
  const ended = async (to: HttpApp, sockets: readonly Socket[]): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    while (connectionsOf(to) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  };

  it('of one address have a share: one more is told 503 and closed, and is let in once another has gone', async () => {
    const sockets = await opened(http, 4);
    const text = await heard(await open(http.port, 'GET /things/plain HTTP/1.1\r\nhost: x\r\n\r\n'));
    expect([statusOf(text), text.includes('service.unavailable'), /retry-after: \d/i.test(text)]).toEqual(['503', true, true]);
    sockets.pop()!.destroy();
    while (connectionsOf(http) > 3) await new Promise((resolve) => setTimeout(resolve, 5));
    expect(statusOf(await heard(await open(http.port, 'GET /things/plain HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n')))).toBe('200');
    await ended(http, sockets);
  });

  it('of a trusted proxy have no share of their own, and are bounded in all', async () => {
    const sockets = await opened(trusting, 6);
    expect(statusOf(await heard(await open(trusting.port)))).toBe('503');
    await ended(trusting, sockets);
  });

  it('leave no count behind', async () => {
    for (let round = 0; round < 5; round += 1) await ended(http, await opened(http, 4));
    expect((await fetch(`${http.url}/things/plain`, { headers: { connection: 'close' } })).status).toBe(200);
  });
});
