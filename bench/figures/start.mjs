// From nothing to the first "ready" over HTTP, and what a process that has just started weighs.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { settingsOf } from '../contestants/likeness.mjs';
import { freePort } from '../../test/kit/free-port.mjs';
import { cpuSeconds, pinned, residentBytes, SERVERS } from '../load/cores.mjs';
import { summary } from './rounds.mjs';

const MAIN = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url));
const IDLE_MS = 2_000;

async function firstReady(origin, child) {
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the service ended before it was ready (${child.exitCode ?? child.signalCode})`);
    const response = await fetch(`${origin}/health/ready`).catch(() => null);
    await response?.arrayBuffer();
    if (response?.status === 200) return;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

async function start(stage, { isPinned }) {
  const port = await freePort();
  const command = [process.execPath, MAIN];
  const [program, ...args] = isPinned ? pinned(SERVERS, command) : command;
  const began = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, ...settingsOf(stage, port) } });
  const gone = once(child, 'exit');
  try {
    await firstReady(`http://127.0.0.1:${port}`, child);
    const [readyMs, cpuMs] = [performance.now() - began, cpuSeconds(child.pid) * 1000];
    await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
    return { readyMs, cpuMs, residentMb: residentBytes(child.pid) / 1e6 };
  } finally {
    child.kill('SIGTERM');
    await gone;
  }
}

/** On a database that is migrated, with the files of the program in the page cache. */
export const START = {
  id: 'start', title: 'cold start to ready', quick: true,
  run: async ({ stage }, { isQuick }, say) => {
    const samples = [];
    for (let turn = 0; turn <= (isQuick ? 2 : 5); turn += 1) {
      const sample = await start(stage, { isPinned: true });
      if (turn > 0) samples.push(sample);
      say(`start ${turn}: ready after ${Math.round(sample.readyMs)} ms`);
    }
    const of = (field) => summary(samples.map((sample) => sample[field]));
    return { numbers: [
      { name: 'ready after', unit: 'ms', ...of('readyMs'), atMost: 1000 },
      { name: 'processor time until then', unit: 'ms', ...of('cpuMs') },
      { name: 'resident, two seconds later', unit: 'MB', ...of('residentMb') },
    ] };
  },
};
