import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '../kit/free-port.mjs';
import { withDatabase } from '../kit/postgres.js';
import { testRedis } from '../kit/redis.js';
import { BUNDLED_MAIN, registeredAt, SpawnedService } from '../kit/spawned-service.js';
import { inLanes, PROOF_TIMEOUT_MS, scaled, tell } from '../proofs/scale.js';
import { Dice, mutated, requestsOf } from './mutated-requests.js';
import { behave, MANNERS } from './rude-clients.js';

/** In `npm test` a tenth of them, in each shape. */
const REQUESTS = scaled(10_000);
const LANES = 8;
/** The same again with TEST_SEED=<what a failure has said>. */
const SEED = Number(process.env.TEST_SEED ?? Math.floor(Math.random() * 1_000_000_000));
/** Beside those of keep-alive and of pools, which come and go. */
const MAX_MORE_FILES = 24;
const MAX_GROWTH_MIB = 80;

type Settings = Readonly<Record<string, string>>;
interface Stores {
  readonly settings: Settings;
  drop(): unknown;
}

const SHAPES: readonly (readonly [string, () => Promise<Stores>])[] = [
  ['PostgreSQL of its own (nothing set but DATA_DIR)', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'likeness-raw-'));
    chmodSync(folder, 0o711);
    return { settings: { DATA_DIR: folder, MASTER_KEY: '', RATE_LIMITS: '' }, drop: () => rmSync(folder, { recursive: true, force: true }) };
  }],
  ['PostgreSQL and Redis', async () => {
    const [database, redis] = await Promise.all([withDatabase(), testRedis()]);
    return { settings: { DATABASE_URL: database.url, REDIS_URL: redis.url, DATA_DIR: mkdtempSync(join(tmpdir(), 'likeness-raw-')) }, drop: () => Promise.all([database.drop(), redis.close()]) };
  }],
];

describe.each(SHAPES)('a service that strangers open sockets to, on %s', (_shape, open) => {
  let stores: Stores;
  let service: SpawnedService;
  let metricsUrl: string;
  /** Whom strangers know: they sign in with her password. */
  let ada: { readonly id: string; readonly token: string };
  let bob: { readonly id: string; readonly token: string };

  beforeAll(async () => {
    stores = await open();
    const METRICS_PORT = String(await freePort());
    metricsUrl = `http://127.0.0.1:${METRICS_PORT}/metrics`;
    service = await SpawnedService.start({ ...stores.settings, METRICS_PORT, LOG_LEVEL: 'warn' }, { main: BUNDLED_MAIN });
    [ada, bob] = [await registeredAt(service.url, 'ada'), await registeredAt(service.url, 'bob')];
  });
  afterAll(async () => {
    await service?.stop();
    await stores?.drop();
  });

  const isWell = async (): Promise<void> => {
    expect(service.isOver).toBe(false);
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    expect((await fetch(`${service.url}/v1/users/me`, { headers: { authorization: `Bearer ${bob.token}` } })).status).toBe(200);
    expect(service.words).not.toMatch(/"level":"(error|fatal)"|uncaught|unhandled/i);
  };

  it.each(['CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', 'CONNECT a:1 HTTP/1.1\r\n\r\n'])('survives a tunnel that is asked for and reset at once (%j)', async (bytes) => {
    const { port, hostname } = new URL(service.url);
    for (let round = 0; round < 20; round += 1) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => undefined);
      await once(socket, 'connect');
      socket.write(bytes);
      if (round % 2 === 0) await new Promise((resolve) => setImmediate(resolve));
      socket.resetAndDestroy();
    }
    await isWell();
  });

  it('is silent about clients that hang up in a body, and counts them', async () => {
    const { port, hostname } = new URL(service.url);
    const bearer = `authorization: Bearer ${bob.token}\r\n`;
    const bodies: readonly (readonly [operation: string, head: string])[] = [
      ['POST /v1/auth/login', 'content-type: application/json\r\n'],
      ['POST /v1/auth/refresh', 'content-type: application/json\r\n'],
      ['POST /v1/auth/refresh', 'content-type: application/json; charset=UTF-8\r\n'],
      ['POST /oauth/introspect', 'content-type: application/x-www-form-urlencoded\r\n'],
      ['POST /oauth/token', 'content-type: application/x-www-form-urlencoded\r\n'],
      ['PATCH /v1/users/me', `content-type: application/merge-patch+json\r\n${bearer}`],
      ['PUT /v1/users/me/avatar', `content-type: image/png\r\n${bearer}`],
      ['PUT /v1/users/me/avatar', `content-type: multipart/form-data; boundary=b\r\n${bearer}`],
    ];
    const aborts = async (): Promise<Map<string, number>> => {
      const text = await (await fetch(metricsUrl)).text();
      return new Map([...text.matchAll(/^likeness_http_client_aborts_total\{operation="([^"]+)"\} (\d+)$/gm)].map(([, operation, count]) => [operation!, Number(count)]));
    };
    const ends: readonly ((socket: Socket) => unknown)[] = [(socket) => socket.resetAndDestroy(), (socket) => socket.destroy(), (socket) => socket.end()];
    const expected = new Map<string, number>();
    for (const [operation, head] of bodies) {
      const [method, path] = operation.split(' ') as [string, string];
      for (const length of ['content-length: 500', 'transfer-encoding: chunked']) {
        for (const end of ends) {
          const socket = connect(Number(port), hostname).on('error', () => undefined);
          await once(socket, 'connect');
          socket.write(`${method} ${path} HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\n${head}${length}\r\n\r\n`);
          // It is told to go on once its body is being waited for.
          expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1\.1 100 /);
          await new Promise((resolve) => socket.write(`${length.startsWith('t') ? '5\r\n' : ''}--b\r\n`, resolve));
          end(socket.resume());
          expected.set(operation, (expected.get(operation) ?? 0) + 1);
        }
      }
    }
    const total = (counts: Map<string, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
    let seen = await aborts();
    for (let round = 0; round < 200 && total(seen) < total(expected); round += 1, seen = await aborts()) await sleep(20);
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(expected));
    await isWell();
  });

  it(`survives ${REQUESTS} mutated requests from clients that end in ${Object.keys(MANNERS).length} ways, ${Object.keys(MANNERS).filter((name) => name.includes('reset')).length} of them resets`, async () => {
    const requests = requestsOf(ada.id, ada.token);
    const url = new URL(service.url);
    const names = Object.keys(MANNERS);
    const statuses = new Map<string, number>();
    const one = async (index: number): Promise<void> => {
      // Each has dice of its own: the order in which lanes come to them changes nothing.
      const dice = new Dice(SEED + index * 7_919);
      const answer = await behave(url, MANNERS[names[index % names.length]!]!, mutated(requests, dice), dice);
      const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'none';
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === '500' || service.isOver) throw new Error(`request ${index}: ${service.isOver ? 'the service is gone' : answer}`);
    };
    try {
      // Until its heap has seen every kind of client: what V8 takes for that it keeps.
      const warm = Math.ceil(REQUESTS / 4);
      await inLanes('warming up', warm, LANES, one);
      const before = { files: service.openFiles, memory: service.memory.now };
      await inLanes('mutated requests', REQUESTS - warm, LANES, (index) => one(index + warm));
      await isWell();
      // Connections close some turns after their clients have.
      while (service.openFiles > before.files + MAX_MORE_FILES) await sleep(50);
      const after = { files: service.openFiles, memory: service.memory.now };
      tell(`${REQUESTS} requests, seed ${SEED}: ${JSON.stringify(Object.fromEntries([...statuses].sort()))}; files ${before.files} → ${after.files}, MiB ${before.memory} → ${after.memory}`);
      expect(after.memory - before.memory).toBeLessThan(MAX_GROWTH_MIB);
    } catch (error) {
      throw new Error(`TEST_SEED=${SEED}: ${(error as Error).message}\n${service.words.slice(-3_000)}`, { cause: error });
    }
  }, PROOF_TIMEOUT_MS);
});

describe('a service that may open few files', () => {
  it('outlives more connections than it can accept', async () => {
    const database = await withDatabase();
    const service = await SpawnedService.start({ DATABASE_URL: database.url, LOG_LEVEL: 'warn' }, { main: BUNDLED_MAIN, through: ['sh', '-c', 'ulimit -n 90; exec "$0" "$@"'] });
    const { port, hostname } = new URL(service.url);
    const sockets = Array.from({ length: 400 }, () => connect(Number(port), hostname).on('error', () => undefined));
    while (!service.words.includes('cannot accept a connection') && !service.isOver && service.openFiles < 89) await sleep(20);
    await sleep(200);
    for (const socket of sockets) socket.destroy();
    let answer: Response | null = null;
    while (!answer && !service.isOver) answer = await fetch(`${service.url}/health/live`).catch(() => null);
    expect([service.isOver, answer?.status, service.words]).toEqual([false, 200, expect.not.stringMatching(/"level":"(error|fatal)"/)]);
    await service.stop();
    await database.drop();
  });
});
