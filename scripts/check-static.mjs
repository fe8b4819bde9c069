// `npm run check:static`: everything that is checked without running the service, two checks at a time; each is told as it ends, with what it
// printed if it failed. All run whatever the others find; the exit code is 1 when any failed.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** What the others read is made first, alone. What `npm test` has built is not built again. */
const FIRST = ['build', 'client-types'];
const ARGUMENTS = { build: ['--', '--if-needed'] };
/** The longest first, so that none is left over at the end. */
const CHECKS = [
  'lint', 'typecheck', 'clients:check', 'openapi:lint', 'migration:check', 'deadcode', 'borders', 'openapi:check', 'openapi:breaking', 'docs:check', 'settings:check',
];

async function run(name) {
  const start = performance.now();
  const child = spawn('npm', ['run', '--silent', name, ...(ARGUMENTS[name] ?? [])], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text));
  const [code, signal] = await once(child, 'close');
  const isGood = code === 0;
  console.log(`${isGood ? 'ok  ' : 'FAIL'} ${name} (${((performance.now() - start) / 1_000).toFixed(1)} s)`);
  if (!isGood) console.log(`${output.trimEnd()}\n${signal ? `ended by ${signal}` : `exit code ${code}`}\n`);
  return isGood;
}

async function lane(waiting, failed) {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) if (!(await run(name))) failed.push(name);
}

for (const name of FIRST) if (!(await run(name))) process.exit(1);
const [waiting, failed] = [[...CHECKS], []];
await Promise.all(Array.from({ length: Math.min(2, availableParallelism()) }, () => lane(waiting, failed)));
console.log(failed.length === 0 ? 'All checks passed.' : `Failed: ${failed.join(', ')}. Each runs alone by \`npm run <name>\`.`);
process.exitCode = failed.length === 0 ? 0 : 1;
