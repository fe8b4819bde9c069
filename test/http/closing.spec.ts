import { describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect, type Server, type Socket } from 'node:net';
import { eventually } from '../kit/eventually.js';
import { slowRequests, startHttpApp } from './http-app.js';

describe('closing', () => {
  it('answers what is in flight, refuses what comes on an open connection, and is soon done', async () => {
    const http = await startHttpApp();
    await fetch(`${http.url}/things/plain`);
    const arrived = once(slowRequests, 'arrived');
    const inFlight = fetch(`${http.url}/things/slow`);
    await arrived;
    let text = '';
    const socket = connect(http.port, '127.0.0.1').on('data', (chunk) => (text += chunk.toString())).on('error', () => undefined);
    const server = http.app.getHttpServer() as Server;
    const [accepted] = (await once(server, 'connection')) as [Socket];
    // A request half sent keeps its connection from being idle when closing begins.
    const half = 'GET /things/plain HTTP/1.1\r\nhost: x\r\n';
    socket.write(half);
    await eventually('half of the request has arrived', () => accepted.bytesRead === half.length);
    const since = performance.now();
    const closed = http.app.close();
    await eventually('closing has begun', () => !server.listening);
    const hungUp = once(socket, 'close');
    socket.write('\r\n');
    await hungUp;
    slowRequests.emit('release');
    const response = await inFlight;
    expect([response.status, await response.json()]).toEqual([200, { slow: true }]);
    await closed;
    expect(performance.now() - since).toBeLessThan(10_000);
    expect(text).toMatch(/^HTTP\/1\.1 503 /);
    expect(text).toMatch(/connection: close/i);
    expect(text).toMatch(/retry-after: \d+/i);
    expect(text).toContain('service.unavailable');
  });
});
