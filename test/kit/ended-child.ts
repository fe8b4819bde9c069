import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Sends the signal and waits for the end; one that is over already is left alone. After `limitMs` it is killed. */
export async function endChild(child: ChildProcess | null | undefined, signal: NodeJS.Signals, limitMs?: number): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const limit = limitMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), limitMs);
  await gone;
  clearTimeout(limit);
}
