import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** In `/proc/<pid>/stat` after the name, which may hold anything: the 22nd field of all. */
const START_TIME_FIELD = 19;

const read = (path: string): string | null => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
};

const linuxIdentity = (pid: number): string | null => {
  const stat = read(`/proc/${pid}/stat`);
  const startTicks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[START_TIME_FIELD];
  return startTicks === undefined ? null : `${read('/proc/sys/kernel/random/boot_id')?.trim() ?? ''}:${startTicks}`;
};

/**
 * What tells a process from all others that ever have its number: when it began, and on Linux in which run of the machine. Null when there is no such process.
 */
export const identityOf = (pid: number): string | null => {
  if (process.platform === 'linux') return linuxIdentity(pid);
  const { status, stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8', env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' } });
  return status === 0 ? stdout.trim() : null;
};
