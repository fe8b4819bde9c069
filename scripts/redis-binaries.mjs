// A redis-server for the tests: from PATH, else Debian's packages unpacked into a private folder, without root.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHES = [fileURLToPath(new URL('../node_modules/.cache', import.meta.url)), join(tmpdir(), `likeness-test-cache-${process.getuid?.() ?? 0}`)];
const OLDEST_MAJOR = 7;

const WHAT_TO_DO = `The tests need a Redis server (7.0 or later) and found none. Do one of these:
  - put redis-server on the PATH (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis)
  - set TEST_REDIS_URL to a server that the tests may fill and flush`;

function works(binary) {
  const { status, stdout } = spawnSync(binary.server, ['--version'], { encoding: 'utf8', env: { ...process.env, ...binary.env } });
  const major = /v=(\d+)\./.exec(stdout ?? '')?.[1];
  return status === 0 && Number(major) >= OLDEST_MAJOR;
}

function fromPath() {
  for (const folder of (process.env.PATH ?? '').split(':')) {
    for (const name of ['redis-server', 'valkey-server']) {
      const binary = { server: join(folder, name), libraryPath: '', env: {} };
      if (existsSync(binary.server) && works(binary)) return binary;
    }
  }
  return null;
}

function unpackedIn(folder) {
  const libraries = ['usr/lib', 'lib'].flatMap((parent) => {
    const path = join(folder, parent);
    return existsSync(path) ? [path, ...readdirSync(path, { withFileTypes: true }).flatMap((e) => (e.isDirectory() && e.name.includes('-linux-') ? [join(path, e.name)] : []))] : [];
  });
  const libraryPath = libraries.join(':');
  const binary = { server: join(folder, 'usr/bin/redis-server'), libraryPath, env: { LD_LIBRARY_PATH: libraryPath } };
  return existsSync(binary.server) && works(binary) ? binary : null;
}

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' } });
  if (status !== 0) throw new Error(`${command} ${args.at(-1)}: ${error?.message ?? stderr.trim()}`);
  return stdout;
}

/** With state and caches of its own, apt needs no root and changes nothing of the system. */
function unpackPackages(folder) {
  const work = mkdtempSync(join(tmpdir(), 'likeness-apt-'));
  try {
    for (const name of ['state/lists/partial', 'cache/archives/partial', 'root']) mkdirSync(join(work, name), { recursive: true });
    const options = ['Debug::NoLocking=1', 'APT::Sandbox::User=', `Dir::State=${work}/state`, 'Dir::State::status=/var/lib/dpkg/status', `Dir::Cache=${work}/cache`];
    const apt = (...args) => run('apt-get', ['-qq', ...options.flatMap((option) => ['-o', option]), ...args], work);
    apt('update');
    const missing = apt('install', '--print-uris', '--no-install-recommends', '--yes', 'redis-server');
    const names = [...missing.matchAll(/^'[^']+' ([^_\s]+)_/gm)].map(([, name]) => name);
    apt('download', ...names);
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) run('dpkg-deb', ['-x', file, join(work, 'root')], work);
    const draft = `${folder}.${process.pid}`;
    run('cp', ['-a', join(work, 'root'), draft], work);
    try {
      renameSync(draft, folder);
    } catch {
      rmSync(draft, { recursive: true, force: true }); // another run was quicker
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function fromPackages() {
  for (const cache of CACHES) {
    const found = unpackedIn(join(cache, 'redis'));
    if (found) return found;
  }
  const cache = CACHES.find((path) => {
    try {
      mkdirSync(path, { recursive: true, mode: 0o755 });
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
  console.log('No redis-server on the PATH: unpacking the packages of this system into a private folder (once)…');
  rmSync(join(cache, 'redis'), { recursive: true, force: true });
  unpackPackages(join(cache, 'redis'));
  return unpackedIn(join(cache, 'redis'));
}

/** `{server, libraryPath, env}`; throws an error that says what to do. */
export function redisBinaries() {
  const found = fromPath();
  if (found) return found;
  let reason = '';
  try {
    const unpacked = fromPackages();
    if (unpacked) return unpacked;
  } catch (error) {
    reason = `\n(Unpacking packages failed: ${error.message.split('\n').slice(0, 3).join(' ')})`;
  }
  throw new Error(WHAT_TO_DO + reason);
}
