// `npm run test:caches`, `npm run test:browser`, `npm run test:rolling`, `npm run test:pooler`: tests that need a program which npm does not have, from Debian's packages. They are for
// asking, not part of `npm test`; asked for, they fail where the program cannot be had (69, `EX_UNAVAILABLE`), and say what to do.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { debianPackages, loaderOf } from './debian-packages.mjs';

const runs = (program, args, env) => spawnSync(program, args, { env: { ...process.env, ...env }, stdio: 'ignore' }).status === 0;

const SUITES = {
  caches: {
    packages: ['nginx', 'varnish', 'squid'],
    works: ({ folder, env }) => [['nginx', '-v'], ['varnishd', '-V'], ['squid', '-v']].every(([name, ...args]) => runs(join(folder, 'usr/sbin', name), args, env)),
    // Varnish compiles its configuration to machine code.
    lacks: () => (runs('gcc', ['--version']) ? null : 'a C compiler (apt-get install gcc libc6-dev)'),
  },
  rolling: {
    packages: ['nginx'],
    works: ({ folder, env }) => runs(join(folder, 'usr/sbin/nginx'), ['-v'], env),
    lacks: () => null,
  },
  // PgBouncer from 1.21 on keeps prepared statements in transaction mode; Debian has it since this release.
  'newer-pooler': {
    release: 'trixie',
    packages: ['pgbouncer', 'libc6', 'libcares2', 'libevent-2.1-7t64', 'libpam0g', 'libaudit1', 'libcap-ng0', 'libssl3t64', 'libzstd1', 'zlib1g', 'libsystemd0', 'libcap2', 'libgcc-s1'],
    works: ({ folder, libraryPath }) => runs(loaderOf(folder), ['--library-path', libraryPath, join(folder, 'usr/sbin/pgbouncer'), '-V'], {}),
    lacks: () => null,
  },
  pooler: {
    with: ['newer-pooler'],
    packages: ['pgbouncer'],
    works: ({ folder, env }) => runs(join(folder, 'usr/sbin/pgbouncer'), ['-V'], env),
    lacks: () => null,
  },
  browser: {
    // Three instances stand behind nginx, the one of the suite above.
    with: ['rolling'],
    // Both by name: what this system has already is not unpacked again, and Chromium looks for its data beside itself.
    packages: ['chromium', 'chromium-common'],
    // A page, not the version: that is told without any data.
    works: ({ folder, env }) => runs(join(folder, 'usr/lib/chromium/chromium'), ['--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--dump-dom', 'about:blank'], env),
    lacks: () => null,
  },
};

const name = process.argv[2];

/** What one suite's packages came to; null after saying why they could not be had. */
function programs(name) {
  const suite = SUITES[name];
  const lacking = suite.lacks();
  let reason = lacking && `There is no ${lacking.replace(/^an? /, '')}.`;
  try {
    const found = reason ? null : debianPackages(name, suite.packages, suite.works, suite.release);
    if (found) return found;
    reason ??= 'They were unpacked but do not run.';
  } catch (error) {
    reason = error.message.split('\n').slice(0, 3).join(' ');
  }
  console.error(`These tests need ${suite.packages.join(', ')}, which could not be had: ${reason}
Run them on Debian 12 or later (or Ubuntu, where chromium is a package) with apt-get and its package mirror in reach${lacking ? `, and ${lacking}` : ''}.`);
  return null;
}

const env = { ...process.env };
for (const needed of [name, ...(SUITES[name].with ?? [])]) {
  const found = programs(needed);
  if (!found) process.exit(69);
  const prefix = `TEST_${needed.toUpperCase().replace('-', '_')}`;
  Object.assign(env, { [`${prefix}_ROOT`]: found.folder, [`${prefix}_LIB`]: found.libraryPath, ...(SUITES[needed].release && { [`${prefix}_LOADER`]: loaderOf(found.folder) }) });
}
// The pattern comes last: jest takes what follows it for another.
const args = [fileURLToPath(new URL('test.mjs', import.meta.url)), ...process.argv.slice(3), '--testMatch', `**/test/${name}/**/*.packaged.ts`];
const run = spawn(process.execPath, args, { stdio: 'inherit', env });
// Ctrl-C reaches the run by itself, and it cleans up.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => run.kill(signal));
const [code, signal] = await once(run, 'exit');
process.exit(signal ? 128 + constants.signals[signal] : code);
