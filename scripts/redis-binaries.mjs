// A redis-server for the tests: from PATH, else Debian's packages unpacked into a private folder, without root.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackages } from './debian-packages.mjs';

const OLDEST_MAJOR = 7;

const WHAT_TO_DO = `The tests need a Redis server (7.0 or later) and found none. Do one of these:
  - put redis-server on the PATH (Debian, Ubuntu: apt-get install redis-server; macOS: brew install redis)
  - set TEST_REDIS_URL to a server that the tests may fill and flush`;

function works(server, env = {}) {
  if (!existsSync(server)) return false;
  const { status, stdout } = spawnSync(server, ['--version'], { encoding: 'utf8', env: { ...process.env, ...env } });
  const major = /v=(\d+)\./.exec(stdout ?? '')?.[1];
  return status === 0 && Number(major) >= OLDEST_MAJOR;
}

function fromPath() {
  const servers = (process.env.PATH ?? '').split(':').flatMap((folder) => ['redis-server', 'valkey-server'].map((name) => join(folder, name)));
  const server = servers.find((path) => works(path));
  return server ? { server, libraryPath: '', env: {} } : null;
}

const serverIn = (folder) => join(folder, 'usr/bin/redis-server');

function fromPackages() {
  const unpacked = debianPackages('redis', ['redis-server'], ({ folder, env }) => works(serverIn(folder), env));
  return unpacked && { server: serverIn(unpacked.folder), libraryPath: unpacked.libraryPath, env: unpacked.env };
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
