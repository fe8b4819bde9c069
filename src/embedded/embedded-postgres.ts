import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { Account } from './account.js';
import { ClusterFolder } from './cluster-folder.js';
import { folderInUse, initFailed, startFailed } from './embedded.errors.js';
import { postgresBinaries, type PostgresBinaries } from './postgres-binaries.js';

const USER = 'likeness';
const DATABASE = 'likeness';
const POLL_MS = 15;
/** Recovery after a crash may take a while; as long as the process lives, it is at work. */
const START_LIMIT_MS = 600_000;
/** How long a cluster may take to stop whose owner was killed. */
const ORPHAN_LIMIT_MS = 30_000;
const STOP_LIMIT_MS = 20_000;
const REVIVAL_WINDOW_MS = 60_000;
const MAX_REVIVALS = 5;

const urlAt = (socketFolder: string, database: string): string =>
  `postgres://${USER}@localhost/${database}?host=${encodeURIComponent(socketFolder)}`;

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, its log and its lock; made when it is not there. */
  readonly folder: string;
  /** False for tests: nothing is flushed to the disk. */
  readonly isDurable?: boolean;
  readonly maxConnections?: number;
  /** Told when the server ended without having been asked to; it is then started again. */
  readonly onLost?: (reason: string) => void;
  /** Told when it could not be started again. */
  readonly onGone?: (error: unknown) => void;
}

/** A PostgreSQL of our own, from npm's binaries: on a Unix socket in a private folder, and gone when this process is, however it ends. */
export class EmbeddedPostgres {
  private child: ChildProcess | null = null;
  private isStopping = false;
  private lostAt: number[] = [];

  private constructor(
    private readonly options: EmbeddedPostgresOptions,
    private readonly folder: ClusterFolder,
    private readonly account: Account,
    private readonly binaries: PostgresBinaries,
    private readonly socketFolder: string,
  ) {}

  /** Starts it, with a cluster made at the first start. Throws `EmbeddedPostgresError`, which says what to do. */
  static async start(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
    const folder = new ClusterFolder(options.folder);
    const account = new Account(folder.dataOwner);
    const binaries = postgresBinaries(account, dirname(options.folder));
    folder.requireUsable(account, binaries.major);
    const owner = folder.livingOwner();
    if (owner !== null) throw folderInUse(options.folder, owner);
    const server = new EmbeddedPostgres(options, folder, account, binaries, folder.createSocketFolder(account));
    try {
      if (folder.dataOwner === null) await server.init();
      await server.launch();
      await server.createDatabase();
      return server;
    } catch (error) {
      await server.stop();
      throw error;
    }
  }

  /** Whether there is a cluster, in use or not. */
  static isIn(path: string): boolean {
    return existsSync(path) && new ClusterFolder(path).dataOwner !== null;
  }

  /** Where the database is that another process runs in this folder at the moment; null when none does. */
  static running(path: string): string | null {
    const socketFolder = existsSync(path) ? new ClusterFolder(path).livingSocketFolder() : null;
    return socketFolder && urlAt(socketFolder, DATABASE);
  }

  /** Where the service's database is, for clients of node-postgres. */
  get url(): string {
    return this.urlOf(DATABASE);
  }

  get pid(): number | null {
    return this.child?.pid ?? null;
  }

  /** Ends every connection, writes a checkpoint and stops; what was committed stays. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const child = this.child;
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = once(child, 'exit');
      child.kill('SIGINT');
      const limit = setTimeout(() => child.kill('SIGQUIT'), STOP_LIMIT_MS);
      await gone;
      clearTimeout(limit);
    }
    rmSync(this.socketFolder, { recursive: true, force: true });
  }

  private urlOf(database: string): string {
    return urlAt(this.socketFolder, database);
  }

  private async init(): Promise<void> {
    const draft = this.folder.createDraft(this.account);
    // The builtin locale needs nothing of the system and sorts the same everywhere.
    const args = ['-D', this.account.pathOf(draft), '-U', USER, '--auth-local=trust', '--auth-host=reject', '--encoding=UTF8', '--locale=C'];
    args.push('--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--no-instructions', ...(this.options.isDurable === false ? ['--no-sync'] : []));
    const child = this.account.spawn(this.binaries.initdb, args, { cwd: draft, stdio: ['ignore', 'ignore', 'pipe'], onOurDeath: 'KILL' });
    const words: Buffer[] = [];
    child.stderr?.on('data', (chunk: Buffer) => words.push(chunk)).on('error', () => undefined); // what it came to is told by its end
    const [code] = (await once(child, 'close')) as [number | null];
    if (code !== 0) {
      rmSync(draft, { recursive: true, force: true });
      throw initFailed(Buffer.concat(words).toString('utf8').trim() || `initdb ended with ${String(code)}`);
    }
    this.folder.adoptDraft(draft);
  }

  /** Starts the server; while another one is still stopping in this folder, waits for it. */
  private async launch(): Promise<void> {
    const patience = Date.now() + ORPHAN_LIMIT_MS;
    const lastSocketFolder = this.folder.lastSocketFolder();
    while (!this.isStopping) {
      const logStart = this.folder.logSize;
      if (await this.attempt()) break;
      const words = this.folder.logFrom(logStart);
      if (!/lock file "postmaster\.pid" already exists|pre-existing shared memory block/.test(words)) throw startFailed(words || 'it said nothing');
      const owner = this.folder.livingOwner();
      if (owner !== null) throw folderInUse(this.options.folder, owner);
      if (Date.now() > patience) throw folderInUse(this.options.folder, this.folder.postmasterPid() ?? 0);
      if (!this.folder.removeForeignLock()) await sleep(100);
    }
    this.folder.recordOwner(this.socketFolder, this.pid!);
    if (lastSocketFolder !== null && lastSocketFolder !== this.socketFolder) rmSync(lastSocketFolder, { recursive: true, force: true });
  }

  /** False when the server ended at once. */
  private async attempt(): Promise<boolean> {
    const log = this.folder.openLog();
    const args = ['-D', this.account.pathOf(this.folder.data), ...this.settings().flatMap((setting) => ['-c', setting])];
    const child = this.account.spawn(this.binaries.postgres, args, { cwd: this.folder.data, stdio: ['ignore', log, log], onOurDeath: 'INT' });
    closeSync(log);
    child.unref();
    this.child = child;
    const ended = once(child, 'exit').then(() => false, (error: Error) => Promise.reject(startFailed(error.message)));
    const isUp = await Promise.race([ended, this.accepting(child)]);
    if (isUp) child.once('exit', (code, signal) => this.isStopping || void this.revive(signal ?? `exit code ${String(code)}`));
    return isUp;
  }

  /** After an unexpected end, on the same socket, so that the pools find it again; not for a server that keeps ending. */
  private async revive(reason: string): Promise<void> {
    this.options.onLost?.(reason);
    const now = Date.now();
    this.lostAt = [...this.lostAt.filter((at) => now - at < REVIVAL_WINDOW_MS), now];
    try {
      if (this.lostAt.length > MAX_REVIVALS) throw startFailed(`it ended ${this.lostAt.length} times within a minute`);
      await this.launch();
    } catch (error) {
      if (!this.isStopping) this.options.onGone?.(error);
    }
  }

  private settings(): string[] {
    const quick = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];
    return [
      'listen_addresses=',
      `unix_socket_directories=${this.socketFolder}`,
      'unix_socket_permissions=0700',
      `max_connections=${this.options.maxConnections ?? 100}`,
      'logging_collector=off',
      'log_timezone=UTC',
      'timezone=UTC',
      // Rows and parameters are personal data: the log has the statement's shape at most.
      'log_min_error_statement=panic',
      'log_error_verbosity=terse',
      'log_parameter_max_length_on_error=0',
      ...(this.options.isDurable === false ? quick : []),
    ];
  }

  private async accepting(child: ChildProcess): Promise<boolean> {
    const limit = Date.now() + START_LIMIT_MS;
    while (child.exitCode === null && child.signalCode === null && Date.now() < limit) {
      const isUp = await this.asked(() => Promise.resolve(true)).catch(() => false);
      if (isUp) return true;
      await sleep(POLL_MS);
    }
    return false;
  }

  private async createDatabase(): Promise<void> {
    await this.asked(async (client) => {
      const { rowCount } = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
    });
  }

  private async asked<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = new pg.Client({ connectionString: this.urlOf('postgres'), connectionTimeoutMillis: 5_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
