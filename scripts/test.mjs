// `npm test [-- jest arguments]`: real servers, then jest. TEST_DATABASE_URL and TEST_REDIS_URL are used if set; else private servers
// are started and stopped again. Nothing is skipped for want of a server: what cannot be had is a failure that says what to do.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { reportCoverage } from './documented-answers.mjs';
import { redisBinaries } from './redis-binaries.mjs';
import { startRedis } from './redis-server.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), 'likeness-tests-'));
chmodSync(scratch, 0o711); // as root, PostgreSQL runs under another account, and must pass through
const countsFile = join(scratch, 'counts.json');
const answersFile = process.env.TEST_ANSWERS_FILE ?? join(scratch, 'answers.txt');
const running = [];
/** What each file came to: `{passed, failed, skipped}`. */
let files = {};
// What tests leave in their temporary folder goes with ours; some of them run under another account.
const temporary = join(scratch, 'tmp');
mkdirSync(temporary);
chmodSync(temporary, 0o1777);
const environment = { ...process.env, TMPDIR: temporary, TEST_COUNTS_FILE: countsFile, TEST_ANSWERS_FILE: answersFile };
let jest = null;

async function preparePostgres() {
  if (process.env.TEST_DATABASE_URL) return;
  const { EmbeddedPostgres } = await import('../dist/embedded/index.js');
  const server = await EmbeddedPostgres.start({ folder: join(scratch, 'postgres'), isDurable: false, maxConnections: 400 });
  running.push(server);
  environment.TEST_DATABASE_URL = server.url;
}

async function prepareRedis() {
  const given = process.env.TEST_REDIS_URL;
  let binaries = null;
  try {
    binaries = redisBinaries();
  } catch (error) {
    // With a server of one's own only the tests that kill Redis need a binary, and they fail for want of it.
    if (!given) throw error;
  }
  if (binaries) Object.assign(environment, { TEST_REDIS_SERVER: binaries.server, TEST_REDIS_LIB: binaries.libraryPath });
  if (given) return;
  const server = await startRedis(binaries);
  running.push(server);
  environment.TEST_REDIS_URL = server.url;
}

async function runJest(given) {
  environment.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --experimental-vm-modules --disable-warning=ExperimentalWarning`.trim();
  // The reporters come last: jest takes what follows one for another.
  const args = [...given, '--reporters=default', `--reporters=${join(ROOT, 'scripts/counts.reporter.mjs')}`];
  // Workers take over these arguments: a test file loads much and keeps little, so a large nursery saves the collector work.
  jest = spawn(process.execPath, ['--max-semi-space-size=64', join(ROOT, 'node_modules/jest/bin/jest.js'), ...args], { cwd: ROOT, stdio: 'inherit', env: environment });
  const [code, signal] = await once(jest, 'exit');
  jest = null;
  if (existsSync(countsFile)) files = JSON.parse(readFileSync(countsFile, 'utf8'));
  return signal ? 128 + constants.signals[signal] : code;
}

async function cleanUp() {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  rmSync(scratch, { recursive: true, force: true });
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    if (jest) jest.kill(signal);
    else void cleanUp().finally(() => process.exit(128 + constants.signals[signal]));
  });
}

let code = 1;
try {
  await build({ ifNeeded: true });
  await preparePostgres();
  await prepareRedis();
  code = await runJest(process.argv.slice(2));
  // Some of the tests see some of the answers: only all of them together must see all.
  if (code === 0 && process.argv.length === 2 && !reportCoverage(answersFile)) code = 1;
} catch (error) {
  console.error(error.message);
} finally {
  await cleanUp();
}
const sum = (name) => Object.values(files).reduce((total, counts) => total + counts[name], 0);
console.log(`${sum('passed')} passed, ${code !== 0 && sum('failed') === 0 ? 1 : sum('failed')} failed, ${sum('skipped')} skipped`);
process.exit(code);
