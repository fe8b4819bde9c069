import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pathWithCurl } from '../../scripts/curl-binary.mjs';
import { eventually } from '../kit/eventually.js';
import { freePort } from '../kit/free-port.mjs';
import { BUNDLED_MAIN, SpawnedService } from '../kit/spawned-service.js';

const PASSWORD = 'seven quiet lighthouses';

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('node dist/bundle/main.js', () => {
  let dataDir: string;
  let port: number;
  const runs: SpawnedService[] = [];

  const settingsOf = (settings: Record<string, string> = {}): Record<string, string> => ({ DATA_DIR: dataDir, PORT: String(port), MASTER_KEY: '', RATE_LIMITS: '', LOG_LEVEL: 'warn', ...settings });
  const run = (settings?: Record<string, string>): SpawnedService => {
    const started = SpawnedService.spawn(settingsOf(settings), { main: BUNDLED_MAIN });
    runs.push(started);
    return started;
  };
  const ready = async (settings?: Record<string, string>): Promise<SpawnedService> => {
    const started = await SpawnedService.start(settingsOf(settings), { main: BUNDLED_MAIN });
    runs.push(started);
    return started;
  };
  const postmaster = (): number => Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const login = (): Promise<Response> => post('/v1/auth/login', { identifier: 'ada', password: PASSWORD });
  const isGone = async (pid: number): Promise<boolean> => {
    await eventually(`process ${pid} is gone`, () => !isAlive(pid));
    return true;
  };

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'likeness-service-'));
    chmodSync(dataDir, 0o711);
    port = await freePort();
  });
  afterEach(async () => {
    await Promise.all(runs.splice(0).map((each) => each.kill()));
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it('prints where everything is, and a curl line that registers the first user', async () => {
    const started = await ready();
    const output = started.words;
    for (const line of [`http://localhost:${port}/v1`, `http://localhost:${port}/docs`, dataDir, 'PostgreSQL, embedded']) expect(output).toContain(line);
    const command = /curl -sS .* \\\n.*$/m.exec(output)![0];
    const { stdout: answer } = spawnSync('sh', ['-c', `${command} -w '%{http_code}'`], { encoding: 'utf8', env: { PATH: pathWithCurl() } });
    expect(answer).toMatch(/"username":"ada".*201$/s);
  });

  it('answers what is in flight and leaves no process behind when it is told to stop', async () => {
    const started = await ready();
    const pid = postmaster();
    expect((await login()).status).toBe(200);
    started.signal('SIGINT');
    started.signal('SIGINT'); // npm passes on the one that the terminal has sent already
    expect(await started.ended).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('serves on after SIGTERM while readiness says that it is going, and does not wait when it is told twice', async () => {
    const started = await ready({ SHUTDOWN_DRAIN_SECONDS: '600' });
    started.signal('SIGTERM');
    const readiness = async () => (await fetch(`http://127.0.0.1:${port}/health/ready`)).json() as Promise<{ error?: Record<string, object> }>;
    let answer = await readiness();
    // On a busy machine it may say at first that a store took too long.
    while (!answer.error?.instance) answer = await readiness();
    expect(answer).toMatchObject({ status: 503, code: 'service.not_ready', error: { instance: { status: 'down', message: 'is shutting down' } } });
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    expect((await login()).status).toBe(200);
    // npm sends a first signal twice; one that comes a second later is meant.
    while (!started.isOver) {
      started.signal('SIGTERM');
      await sleep(100);
    }
    expect(await started.ended).toBe(1);
  });

  it('says in one sentence, and nothing else, that its port is taken, and ends', async () => {
    const holder = createServer().listen(0, '127.0.0.1');
    await once(holder, 'listening');
    const { port: taken } = holder.address() as AddressInfo;
    const refused = run({ PORT: String(taken) });
    expect(await refused.ended).toBe(1);
    expect(refused.words).toBe(`Port ${taken} on 127.0.0.1 is already in use: stop the process that has it, or choose another PORT (EADDRINUSE).\n`);
    await promisify(holder.close.bind(holder))();
  });

  it('ends by itself once it has drained, with code 0', async () => {
    const started = await ready({ SHUTDOWN_DRAIN_SECONDS: '1' });
    started.signal('SIGTERM');
    expect(await started.ended).toBe(0);
  });

  it('leaves no process behind when it is killed, and has everything after the next start', async () => {
    const killed = await ready();
    const pid = postmaster();
    killed.signal('SIGKILL');
    await killed.ended;
    expect(await isGone(pid)).toBe(true);
    await ready();
    expect((await login()).status).toBe(200);
  });

  it('ends with a clear message when its port is taken, and takes the database with it', async () => {
    await ready();
    const second = mkdtempSync(join(tmpdir(), 'likeness-service-'));
    chmodSync(second, 0o711);
    const refused = run({ DATA_DIR: second });
    expect(await refused.ended).toBe(1);
    expect(refused.words).toContain(`Port ${port} on 127.0.0.1 is already in use`);
    expect(() => readFileSync(join(second, 'postgres/data/postmaster.pid'))).toThrow('ENOENT');
    rmSync(second, { recursive: true });
  });

  it('says who has the data folder when a second instance is started on it', async () => {
    const first = await ready();
    const refused = run({ PORT: String(await freePort()) });
    expect(await refused.ended).toBe(1);
    expect(refused.words).toContain(`is in use by another running instance (process ${first.pid})`);
  });

  it('stops while it is still starting, and its database before it', async () => {
    const running = join(dataDir, 'postgres/data/postmaster.pid');
    await eventually('the database of the test before, which was killed, is gone', () => !existsSync(running));
    const started = run();
    await eventually('the database is starting', () => existsSync(running));
    started.signal('SIGTERM');
    expect(await Promise.race([started.ended, sleep(10_000, 'still there', { ref: false })])).not.toBe('still there');
    expect(existsSync(running)).toBe(false);
  });

  it('refuses to start in production without what that requires, naming every fault', async () => {
    const refused = run({ NODE_ENV: 'production', PORT: 'x' });
    expect(await refused.ended).toBe(78);
    for (const name of ['PORT', 'DATABASE_URL', 'REDIS_URL', 'MASTER_KEY']) expect(refused.words).toContain(name);
  });
});
