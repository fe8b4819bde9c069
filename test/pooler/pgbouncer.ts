import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { endChild } from '../kit/ended-child.js';
import { freePort } from '../kit/free-port.mjs';
import { required } from '../kit/required.js';

/** PgBouncer refuses to be root; the tests' PostgreSQL, started by root, runs as this account too. */
const UNPRIVILEGED_ID = 65_534;

/** The one of this system's release, which prepares no statements in transaction mode, and a newer one, which does. */
export const RELEASES = ['POOLER', 'NEWER_POOLER'] as const;
export type PgBouncerRelease = (typeof RELEASES)[number];

/** Debian's PgBouncer in transaction mode, as its defaults have it, in front of one database. */
export class PgBouncer {
  private constructor(
    private readonly folder: string,
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** `poolSize`: connections to PostgreSQL; fewer than clients, so that these share them. */
  static async start(release: PgBouncerRelease, databaseUrl: string, poolSize: number): Promise<PgBouncer> {
    const folder = await mkdtemp(join(tmpdir(), 'likeness-pgbouncer-'));
    const port = await freePort();
    const url = new URL(databaseUrl);
    const database = url.pathname.slice(1);
    const target = { host: url.searchParams.get('host') ?? url.hostname, port: url.port || '5432', user: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
    const given = Object.entries(target).filter(([, value]) => value !== '').map(([name, value]) => `${name}='${value}'`);
    const settings = ['listen_addr=127.0.0.1', `listen_port=${port}`, 'unix_socket_dir=', 'auth_type=any', 'pool_mode=transaction', `default_pool_size=${poolSize}`, 'max_client_conn=100', ...(release === 'NEWER_POOLER' ? ['max_prepared_statements=100'] : [])];
    const file = join(folder, 'pgbouncer.ini');
    await writeFile(file, ['[databases]', `${database} = ${given.join(' ')}`, '[pgbouncer]', ...settings, ''].join('\n'));
    const isRoot = process.getuid?.() === 0;
    await chmod(folder, 0o711);
    if (isRoot) await chown(file, UNPRIVILEGED_ID, UNPRIVILEGED_ID);
    const program = join(required(`TEST_${release}_ROOT`), 'usr/sbin/pgbouncer');
    const libraries = process.env[`TEST_${release}_LIB`] ?? '';
    const loader = process.env[`TEST_${release}_LOADER`];
    const started = loader ? [loader, '--library-path', libraries, program] : [program];
    const env = { ...process.env, NODE_OPTIONS: '', LD_LIBRARY_PATH: loader ? '' : libraries };
    const account = isRoot ? [`--reuid=${UNPRIVILEGED_ID}`, `--regid=${UNPRIVILEGED_ID}`, '--clear-groups'] : [];
    const child = spawn('setpriv', [...account, '--pdeathsig=KILL', '--', ...started, '-q', file], { env, stdio: ['ignore', 'ignore', 'inherit'] });
    const bouncer = new PgBouncer(folder, child, `postgres://${target.user}@127.0.0.1:${port}/${database}`);
    await bouncer.accepting();
    return bouncer;
  }

  async stop(): Promise<void> {
    await endChild(this.child, 'SIGINT');
    await rm(this.folder, { recursive: true, force: true });
  }

  private async accepting(): Promise<void> {
    for (;;) {
      if (this.child.exitCode !== null) throw new Error(`PgBouncer ended with ${this.child.exitCode}`);
      const client = new pg.Client({ connectionString: this.url });
      client.on('error', () => undefined);
      const isUp = await client.connect().then(() => client.query('SELECT 1')).then(() => true, () => false);
      await client.end().catch(() => undefined);
      if (isUp) return;
      await sleep(20);
    }
  }
}
