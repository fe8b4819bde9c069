import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PASSWORD = 'seven quiet lighthouses';

interface Run {
  readonly process: ChildProcess;
  readonly exit: Promise<number | NodeJS.Signals | null>;
  readonly output: () => string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe('node dist/main.js', () => {
  let dataDir: string;
  let port: number;
  const runs: Run[] = [];

  const run = (settings: Record<string, string> = {}): Run => {
    const inherited = { PATH: process.env.PATH, TMPDIR: process.env.TMPDIR, HOME: process.env.HOME };
    const child = spawn(process.execPath, [MAIN], {
      env: { ...inherited, DATA_DIR: dataDir, PORT: String(port), METRICS_PORT: '0', LOG_LEVEL: 'warn', ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const words: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => words.push(chunk));
    const started = {
      process: child,
      exit: once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals | null),
      output: () => Buffer.concat(words).toString('utf8'),
    };
    runs.push(started);
    return started;
  };
  const ready = async (settings?: Record<string, string>): Promise<Run> => {
    const started = run(settings);
    for (let round = 0; round < 600 && !/is ready[^]*\n\n/.test(started.output()); round += 1) {
      if (started.process.exitCode !== null) break;
      await sleep(50);
    }
    expect(started.output()).toContain('Likeness is ready');
    return started;
  };
  const postmaster = (): number => Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n')[0]);
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
  const login = (): Promise<Response> => post('/v1/auth/login', { identifier: 'ada', password: PASSWORD });
  const isGone = async (pid: number): Promise<boolean> => {
    for (let round = 0; round < 200 && isAlive(pid); round += 1) await sleep(50);
    return !isAlive(pid);
  };

  beforeAll(async () => {
    dataDir = mkdtempSync(join(tmpdir(), 'likeness-service-'));
    chmodSync(dataDir, 0o711);
    port = await freePort();
  });
  afterEach(async () => {
    runs.forEach((each) => each.process.kill('SIGKILL'));
    await Promise.all(runs.splice(0).map((each) => each.exit));
  });
  afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

  it('prints where everything is, and a curl line that registers the first user', async () => {
    const started = await ready();
    const output = started.output();
    for (const line of [`http://127.0.0.1:${port}/v1`, `http://127.0.0.1:${port}/docs`, dataDir, 'PostgreSQL, embedded']) expect(output).toContain(line);
    const command = /curl -sS .* \\\n.*$/m.exec(output)![0];
    const curl = spawn('sh', ['-c', `${command} -w '%{http_code}'`]);
    let answer = '';
    for await (const chunk of curl.stdout) answer += String(chunk);
    expect(answer).toMatch(/"username":"ada".*201$/s);
  });

  it('answers what is in flight and leaves no process behind when it is told to stop', async () => {
    const started = await ready();
    const pid = postmaster();
    expect((await login()).status).toBe(200);
    started.process.kill('SIGINT');
    started.process.kill('SIGINT'); // npm passes on the one that the terminal has sent already
    expect(await started.exit).toBe(0);
    expect(isAlive(pid)).toBe(false);
  });

  it('serves on after SIGTERM while readiness says that it is going, and does not wait when it is told twice', async () => {
    const started = await ready({ SHUTDOWN_DRAIN_SECONDS: '600' });
    started.process.kill('SIGTERM');
    const readiness = () => fetch(`http://127.0.0.1:${port}/health/ready`);
    let answer = await readiness();
    while (answer.status === 200) answer = await readiness();
    expect([answer.status, await answer.json()]).toMatchObject([503, { status: 503, code: 'service.not_ready', error: { instance: { status: 'down', message: 'is shutting down' } } }]);
    expect((await fetch(`http://127.0.0.1:${port}/health/live`)).status).toBe(200);
    expect((await login()).status).toBe(200);
    // npm sends a first signal twice; one that comes a second later is meant.
    while (started.process.exitCode === null && started.process.signalCode === null) {
      started.process.kill('SIGTERM');
      await sleep(100);
    }
    expect(await started.exit).toBe(1);
  });

  it('ends by itself once it has drained, with code 0', async () => {
    const started = await ready({ SHUTDOWN_DRAIN_SECONDS: '1' });
    started.process.kill('SIGTERM');
    expect(await started.exit).toBe(0);
  });

  it('leaves no process behind when it is killed, and has everything after the next start', async () => {
    const killed = await ready();
    const pid = postmaster();
    killed.process.kill('SIGKILL');
    await killed.exit;
    expect(await isGone(pid)).toBe(true);
    await ready();
    expect((await login()).status).toBe(200);
  });

  it('ends with a clear message when its port is taken, and takes the database with it', async () => {
    await ready();
    const second = mkdtempSync(join(tmpdir(), 'likeness-service-'));
    chmodSync(second, 0o711);
    const refused = run({ DATA_DIR: second });
    expect(await refused.exit).toBe(1);
    expect(refused.output()).toContain(`EADDRINUSE: address already in use 127.0.0.1:${port}`);
    expect(() => readFileSync(join(second, 'postgres/data/postmaster.pid'))).toThrow('ENOENT');
    rmSync(second, { recursive: true });
  });

  it('says who has the data folder when a second instance is started on it', async () => {
    const first = await ready();
    const refused = run({ PORT: String(await freePort()) });
    expect(await refused.exit).toBe(1);
    expect(refused.output()).toContain(`is in use by another running instance (process ${first.process.pid})`);
  });

  it('stops at once while it is still starting', async () => {
    const started = run();
    await sleep(700);
    started.process.kill('SIGTERM');
    expect(await Promise.race([started.exit, sleep(10_000, 'still there', { ref: false })])).not.toBe('still there');
    expect(() => readFileSync(join(dataDir, 'postgres/data/postmaster.pid'))).toThrow('ENOENT');
  });

  it('refuses to start in production without what that requires, naming every fault', async () => {
    const refused = run({ NODE_ENV: 'production', PORT: 'x' });
    expect(await refused.exit).toBe(78);
    for (const name of ['PORT', 'DATABASE_URL', 'REDIS_URL', 'MASTER_KEY']) expect(refused.output()).toContain(name);
  });
});
