// What every process that a run starts needs.
import { spawnSync } from 'node:child_process';

export { freePort } from '../kit/free-port.mjs';

export const canAskForSignal = process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig=clear', 'true'], { stdio: 'ignore' }).status === 0;

/** A command that dies with this process, where the system offers that. */
export const mortal = (command) => (canAskForSignal ? ['setpriv', '--pdeathsig=KILL', '--', ...command] : command);
