// What every process that a run starts needs.
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  return port;
}

export const canAskForSignal = process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig=clear', 'true'], { stdio: 'ignore' }).status === 0;

/** A command that dies with this process, where the system offers that. */
export const mortal = (command) => (canAskForSignal ? ['setpriv', '--pdeathsig=KILL', '--', ...command] : command);
