import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EmbeddedPostgres } from '../../src/embedded/index.js';
import { endChild } from '../kit/ended-child.js';
import { FaultyLink } from '../kit/faulty-link.js';
import { freePort } from '../kit/free-port.mjs';
import { PrivateRedis } from '../kit/private-redis.js';

const S3RVER = fileURLToPath(new URL('../kit/s3rver-process.mjs', import.meta.url));

/** A store of one's own with a way to it, both of which can fail. */
export interface FallibleStore {
  readonly link: FaultyLink;
  kill(): Promise<void>;
  revive(): Promise<void>;
  signal(name: 'SIGSTOP' | 'SIGCONT'): void;
  remove(): Promise<void>;
}

const processesOf = (pid: number): number[] => [
  pid,
  ...readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number),
];

export async function falliblePostgres(): Promise<FallibleStore> {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-fallible-'));
  chmodSync(folder, 0o711);
  const start = (): Promise<EmbeddedPostgres> => EmbeddedPostgres.start({ folder: join(folder, 'postgres'), isDurable: false });
  let server = await start();
  const socket = (): { path: string } => ({ path: join(new URL(server.url).searchParams.get('host')!, '.s.PGSQL.5432') });
  const link = await FaultyLink.start(socket());
  return {
    link,
    kill: () => server.stop(),
    revive: async () => {
      server = await start();
      link.target = socket();
    },
    signal: (name) => processesOf(server.pid!).forEach((pid) => process.kill(pid, name)),
    remove: async () => {
      link.stop();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export async function fallibleRedis(): Promise<FallibleStore> {
  const server = await PrivateRedis.start('--appendonly', 'yes', '--appendfsync', 'no');
  const link = await FaultyLink.start({ host: '127.0.0.1', port: server.port });
  return {
    link,
    kill: () => server.kill(),
    revive: () => server.start(),
    signal: (name) => server.signal(name),
    remove: async () => {
      link.stop();
      await server.remove();
    },
  };
}

export async function fallibleS3(): Promise<FallibleStore> {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-fallible-'));
  const port = await freePort();
  let child: ChildProcess;
  const start = async (): Promise<void> => {
    child = fork(S3RVER, [folder, String(port)], { env: { ...process.env, NODE_OPTIONS: '' }, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    await once(child, 'message');
  };
  const kill = (): Promise<void> => endChild(child, 'SIGKILL');
  await start();
  const link = await FaultyLink.start({ host: '127.0.0.1', port });
  return {
    link,
    kill,
    revive: start,
    signal: (name) => void child.kill(name),
    remove: async () => {
      link.stop();
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
