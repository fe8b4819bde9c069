import { once } from 'node:events';
import type { Server } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import { metricsServer, type MetricsServerLimits } from './metrics-server.js';

const LONG = { requestMs: 3_600_000, silenceMs: 3_600_000 };

// Nothing here looks at a clock: without its limit a connection stays open, and the test is red by jest's own.
describe('the server of metrics', () => {
  let server: Server;
  const sockets: Socket[] = [];
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const listen = async (limits?: MetricsServerLimits): Promise<void> => {
    server = metricsServer((_request, response) => void response.end('x'.repeat(response.req.url === '/large' ? 20_000_000 : 1)), limits);
    await once(server.listen(0, '127.0.0.1'), 'listening');
  };
  const open = async (bytes = ''): Promise<Socket> => {
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => undefined);
    sockets.push(socket);
    await once(socket, 'connect');
    if (bytes !== '') socket.write(bytes);
    return socket;
  };
  const heard = async (socket: Socket): Promise<string> => {
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    if (!socket.closed) await once(socket, 'close');
    return text;
  };
  /** Not `once`, which would hear its errors. */
  const closed = (socket: Socket): Promise<unknown> => (socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve)));
  const ASK = 'GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n';
  const answered = async (socket: Socket): Promise<string> => String((await once(socket, 'data'))[0]).slice(0, 12);

  it('has room for 64 connections, and closes one more without an answer', async () => {
    await listen();
    const all = await Promise.all(Array.from({ length: 64 }, () => open()));
    // The last of them is served, so all were accepted.
    const last = all.at(-1)!.resume();
    last.write(ASK);
    expect(await answered(last)).toBe('HTTP/1.1 200');
    expect(await heard(await open(ASK))).toBe('');
    all[0]!.destroy();
    // Until the server knows that one has gone, another is closed too.
    let again = '';
    while (again === '') {
      const socket = await open(ASK);
      again = await Promise.race([answered(socket), once(socket, 'close').then(() => '')]);
    }
    expect(again).toBe('HTTP/1.1 200');
  });

  it.each([
    ['a head', 'GET /metrics HT'],
    ['a head that goes on and on', `${ASK.slice(0, -2)}x: y\r\n`],
    ['a body', 'GET /metrics HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc'],
  ])('waits no longer than it should for %s', async (_what, bytes) => {
    await listen({ ...LONG, requestMs: 200, maxConnections: 64 });
    expect(await heard(await open(bytes))).toMatch(/^(HTTP\/1\.1 (200|408) |$)/);
  });

  it('closes a connection on which nothing is said', async () => {
    await listen({ ...LONG, silenceMs: 100, maxConnections: 64 });
    expect(await heard(await open())).toBe('');
    expect(await heard(await open(ASK))).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('closes a connection on which the answer is not taken', async () => {
    await listen({ ...LONG, silenceMs: 100, maxConnections: 64 });
    const accepted = once(server, 'connection').then(([socket]) => socket as Socket);
    const socket = await open(ASK.replace('/metrics', '/large'));
    socket.pause();
    const served = await accepted;
    await closed(served);
    expect(served.destroyed).toBe(true);
  });

  it('outlives tunnels and protocols that are asked for and reset at once', async () => {
    await listen();
    for (const bytes of ['CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', `${ASK.slice(0, -2)}connection: upgrade\r\nupgrade: websocket\r\n\r\n`]) {
      for (let round = 0; round < 20; round += 1) {
        const accepted = once(server, 'connection').then(([socket]) => socket as Socket);
        const socket = await open(bytes);
        const served = await accepted;
        if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
        socket.resetAndDestroy();
        await closed(served);
      }
    }
    expect(await answered(await open(ASK))).toBe('HTTP/1.1 200');
  });
});
