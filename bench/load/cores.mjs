// Who runs where: core 0 is the servers', core 1 the load's and the stores'. And what processes and cores have used so far.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

export const works = (command, ...args) => spawnSync(command, args, { stdio: 'ignore' }).error === undefined;

export const canPin = cpus().length > 1 && works('taskset', '-V');

export const SERVERS = 0;
export const LOAD = 1;

/** `command` on one core. */
export const pinned = (core, command) => (canPin ? ['taskset', '-c', String(core), ...command] : command);

/** This process leaves the servers their core; and with it, whatever it starts from here on, the stores. */
export function standAside() {
  if (canPin) spawnSync('taskset', ['-a', '-c', '-p', String(LOAD), String(process.pid)], { stdio: 'ignore' });
}

const read = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

/** Seconds that these processes have had of a core so far (proc(5): utime and stime, in ticks of a hundredth); NaN where there is no /proc. */
export const cpuSeconds = (...pids) =>
  pids.reduce((sum, pid) => {
    const fields = read(`/proc/${pid}/stat`)?.split(') ')[1].split(' ');
    return fields ? sum + (Number(fields[11]) + Number(fields[12])) / 100 : NaN;
  }, 0);

/** Seconds that the servers' core was busy so far, with whatever; NaN where there is no /proc. */
export function busySeconds() {
  const fields = new RegExp(`^cpu${SERVERS} (.*)$`, 'm').exec(read('/proc/stat') ?? '')?.[1].split(' ').map(Number);
  if (!fields) return NaN;
  const [user, nice, system, , , irq, softirq, steal] = fields;
  return (user + nice + system + irq + softirq + steal) / 100;
}

/** Resident bytes of a process; NaN where there is no /proc. */
export const residentBytes = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? NaN) * 1024;
