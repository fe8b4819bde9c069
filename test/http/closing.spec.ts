import { describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { startHttpApp } from './http-app.js';

describe('closing', () => {
  it('answers what is in flight, refuses what comes on an open connection, and is soon done', async () => {
    const http = await startHttpApp();
    await fetch(`${http.url}/things/plain`);
    const inFlight = fetch(`${http.url}/things/slow`);
    let text = '';
    const socket = connect(http.port, '127.0.0.1').on('data', (chunk) => (text += chunk.toString())).on('error', () => undefined);
    // A request half sent keeps its connection from being idle when closing begins.
    socket.write('GET /things/plain HTTP/1.1\r\nhost: x\r\n');
    await new Promise((resolve) => setTimeout(resolve, 100));
    const since = performance.now();
    const closed = http.app.close();
    setTimeout(() => socket.write('\r\n'), 50);
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
