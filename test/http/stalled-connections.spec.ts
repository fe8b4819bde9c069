import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { get } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { BUNDLED_MAIN, registeredAt, SpawnedService } from '../kit/spawned-service.js';
import { inLanes, isLong, PROOF_TIMEOUT_MS, scaled, tell } from '../proofs/scale.js';

const STALLED = scaled(2_000, 120);
const INSTANCES = isLong ? 3 : 1;
const ASKS = isLong ? 1_000 : 150;
/** How long it is looked for them on the other side; less than a client may be silent. */
const OPENING_MS = isLong ? 15_000 : 3_000;
/** What the allocator keeps after so many connections, and a garbage collection that has not come yet. */
const MAX_GROWTH_MIB = 64;

const SETTINGS = { REQUEST_IDLE_TIMEOUT_MS: isLong ? '20000' : '4000', KEEP_ALIVE_TIMEOUT_MS: isLong ? '20000' : '4000', TRUSTED_PROXIES: '127.0.0.0/8' };

/** The moments at which a client may stop. `who` is a token. */
const momentsOf = (who: string): string[] => {
  const upload = `PUT /v1/users/me/avatar HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${who}\r\n`;
  return [
    '',
    'POST /v1/auth/log',
    'POST /v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: appl',
    'POST /v1/auth/login HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{"identifier"',
    'POST /v1/auth/refresh HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{',
    'POST /oauth/introspect HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\ntransfer-encoding: chunked\r\n\r\n5\r\ntok',
    `${upload}content-type: image/png\r\ncontent-length: 1000000\r\n\r\n\x89PNG`,
    `${upload}content-type: multipart/form-data; boundary=x\r\ncontent-length: 1000000\r\n\r\n--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nabc`,
    'GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n'.repeat(50),
    'GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n',
  ];
};

const stalled = async (url: string, bytes: string): Promise<Socket> => {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  // It reads nothing: what is answered stays where it is. Closing shows as an error of the next write, or as the end.
  if (bytes.startsWith('GET /openapi')) socket.pause();
  else socket.resume();
  socket.write(Buffer.from(bytes, 'latin1'));
  return socket;
};

const ask = (url: string, headers: Record<string, string> = {}): Promise<{ status: number; ms: number }> =>
  new Promise((resolve, reject) => {
    const began = performance.now();
    get(url, { headers: { ...headers, connection: 'close' }, agent: false }, (response) => response.resume().on('end', () => resolve({ status: response.statusCode!, ms: performance.now() - began }))).on('error', reject);
  });
const median = (all: readonly number[]): number => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)]!;

describe('a service whose clients stop in the middle', () => {
  let database: TestDatabase;
  let services: SpawnedService[];
  let token: string;

  beforeAll(async () => {
    database = await withDatabase();
    services = await Promise.all(Array.from({ length: INSTANCES }, () => SpawnedService.start({ DATABASE_URL: database.url, ...SETTINGS }, { main: BUNDLED_MAIN })));
    ({ token } = await registeredAt(services[0]!.url, 'ada'));
  }, 120_000);
  afterAll(async () => {
    await Promise.all(services.map((service) => service.stop()));
    await database.drop();
  });

  /** Everybody else, on every instance by turns. */
  const asked = async (): Promise<{ refused: number; medianMs: number }> => {
    const times: number[] = [];
    let refused = 0;
    for (let at = 0; at < ASKS; at += 1) {
      const { status, ms } = await ask(`${services[at % INSTANCES]!.url}/v1/users/me`, { authorization: `Bearer ${token}` });
      if (status !== 200) refused += 1;
      times.push(ms);
    }
    return { refused, medianMs: median(times) };
  };
  const held = (): { files: number; memory: number }[] => services.map((service) => ({ files: service.openFiles, memory: service.memory.now }));
  const filesOver = (before: readonly { files: number }[]): number => Math.max(...held().map(({ files }, at) => files - before[at]!.files));

  it('serves the others meanwhile, ends every one of those in its time, and keeps neither a descriptor nor their memory', async () => {
    const calm = (await asked(), await asked());
    const moments = momentsOf(token);
    // One round warms what only stopped clients touch.
    for (const service of services) await Promise.all(moments.map((bytes) => stalled(service.url, bytes).then((socket) => socket.destroy())));
    await sleep(500);
    const before = held();
    const sockets: Socket[] = [];
    await inLanes('stopped clients', STALLED, 20, async (at) => {
      sockets.push(await stalled(services[at % INSTANCES]!.url, moments[Math.floor(at / INSTANCES) % moments.length]!));
    });
    let stalledFiles = 0;
    for (const deadline = performance.now() + OPENING_MS; stalledFiles < (0.9 * STALLED) / INSTANCES && performance.now() < deadline; await sleep(20)) stalledFiles = Math.max(stalledFiles, filesOver(before));
    const beside = await asked();
    const began = performance.now();
    // The server ends them all: with their own side left open, a descriptor less is its doing.
    while (filesOver(before) > 4) await sleep(50);
    const endedAfterMs = performance.now() - began;
    for (const socket of sockets) socket.destroy();
    const after = await asked();
    const left = held();
    tell(JSON.stringify({ stalled: STALLED, instances: INSTANCES, calm, beside, after, stalledFiles, endedAfterMs: Math.round(endedAfterMs), before, left }));
    expect(stalledFiles).toBeGreaterThan(STALLED / INSTANCES / 4);
    expect([calm.refused, beside.refused, after.refused]).toEqual([0, 0, 0]);
    expect(Math.max(...left.map(({ memory }, at) => memory - before[at]!.memory))).toBeLessThan(MAX_GROWTH_MIB);
    expect(services.every(({ isOver }) => !isOver)).toBe(true);
    expect(services.map(({ words }) => words).join('')).not.toContain('request failed');
  }, PROOF_TIMEOUT_MS);

  it('refuses no upload for those of another account that do not go on', async () => {
    const other = await registeredAt(services[0]!.url, 'bob');
    const upload = momentsOf(token)[6]!;
    const slow = await Promise.all(Array.from({ length: 40 }, () => stalled(services[0]!.url, upload)));
    const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    const statuses: number[] = [];
    // The slow ones are let in one after the other: by the last of these they all are.
    for (let at = 0; at < 20; at += 1) {
      const response = await fetch(`${services[0]!.url}/v1/users/me/avatar`, { method: 'PUT', headers: { 'authorization': `Bearer ${other.token}`, 'content-type': 'image/png' }, body: png });
      await response.arrayBuffer();
      statuses.push(response.status);
    }
    expect(statuses).toEqual(Array(20).fill(200));
    for (const socket of slow) socket.destroy();
  });
});
