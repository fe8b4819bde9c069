// A Redis server for the time of a test run; it dies with this process where the system offers that.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

const answers = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(500, () => socket.destroy());
    socket.once('data', (data) => resolve(data.toString().startsWith('+PONG')) ?? socket.destroy());
    socket.once('error', () => resolve(false));
    socket.once('close', () => resolve(false));
  });

const canAskForSignal = process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig=clear', 'true'], { stdio: 'ignore' }).status === 0;

/** Starts `binaries.server` on a free port, with `settings` beside those of all; answers with `{url, stop}`. */
export async function startRedis(binaries, settings = {}, attempts = 3) {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-redis-'));
  const port = await freePort();
  const all = { port, bind: '127.0.0.1', dir: folder, save: '', appendonly: 'no', databases: '256', 'maxmemory-policy': 'noeviction', ...settings };
  const args = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const [program, ...rest] = [...(canAskForSignal ? ['setpriv', '--pdeathsig=KILL', '--'] : []), binaries.server, ...args];
  const child = spawn(program, rest, { stdio: 'ignore', detached: true, env: { ...process.env, ...binaries.env } });
  child.once('error', () => undefined);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.pid) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };
  for (let round = 0; round < 200 && child.exitCode === null && child.signalCode === null; round += 1) {
    if (await answers(port)) return { url: `redis://127.0.0.1:${port}`, stop };
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  await stop();
  if (attempts > 1) return startRedis(binaries, settings, attempts - 1); // the port may have been taken meanwhile
  throw new Error(`${binaries.server} does not start.`);
}
