import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('bare-work.process.mjs', import.meta.url));

/** `{pid, run(job)}`: argon2 and sharp alone, in a process on the servers' core; jobs run as many at once as are asked for. */
export async function startBareWork(stage, work) {
  const { child, pid } = await stage.start([process.execPath, PROGRAM, JSON.stringify(work)], { ready: /ready/, stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting = new Map();
  let serial = 0;
  createInterface({ input: child.stdout }).on('line', (id) => {
    waiting.get(id)?.();
    waiting.delete(id);
  });
  const run = (job) =>
    new Promise((resolve) => {
      const id = String((serial += 1));
      waiting.set(id, resolve);
      child.stdin.write(`${id} ${job}\n`);
    });
  return { pid, run };
}
