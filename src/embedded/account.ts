import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';

/** "nobody" on every Linux that matters; initdb wants an account that has a name. */
const UNPRIVILEGED_ID = 65_534;

/** Nothing of our environment reaches PostgreSQL: no secrets, no PG* variables, no library paths. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LANG: 'C', TZ: 'UTC' };

/** Stays only if we are still its parent: closes the gap between our death and the moment the signal was asked for. */
const ONLY_WITH_PARENT = '[ "$PPID" = "$0" ] && exec "$@"';

export interface RunOptions {
  readonly cwd: string;
  readonly stdio: StdioOptions;
  /** What it is sent when this process dies, however it dies. */
  readonly onOurDeath: 'INT' | 'KILL';
}

const hasSetpriv = (): boolean => process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig=clear', 'true'], { stdio: 'ignore' }).status === 0;

/**
 * As whom PostgreSQL runs. It refuses to be root, so as root we drop to the owner of the data, or to an account without privileges.
 */
export class Account {
  private readonly dropTo: { readonly uid: number; readonly gid: number } | null;
  private readonly canAskForSignal = hasSetpriv();

  /** `dataOwner`: who owns the data that is already there; null for none. */
  constructor(dataOwner: number | null = null) {
    const id = dataOwner === null || dataOwner === 0 ? UNPRIVILEGED_ID : dataOwner;
    this.dropTo = process.getuid?.() === 0 ? { uid: id, gid: id } : null;
  }

  get uid(): number | null {
    return this.dropTo?.uid ?? process.getuid?.() ?? null;
  }

  /** Whom a file must be given to, or null when it is ours anyway. */
  get owner(): { readonly uid: number; readonly gid: number } | null {
    return this.dropTo;
  }

  /**
   * How the process names its working directory. The folder is entered before privileges are dropped, and this link leads back to it:
   * so the data may lie below a folder that the account cannot pass, such as /root. (A capability would do too, but containers lack it.)
   */
  pathOf(cwd: string): string {
    return this.dropTo ? '/proc/self/cwd' : cwd;
  }

  /** In a session of its own, so that Ctrl-C reaches us and not it. */
  spawn(command: string, args: readonly string[], options: RunOptions): ChildProcess {
    const [program, ...rest] = this.canAskForSignal
      ? ['setpriv', `--pdeathsig=${options.onOurDeath}`, '--', 'sh', '-c', ONLY_WITH_PARENT, String(process.pid), command, ...args]
      : [command, ...args];
    const child = spawn(program, rest, { cwd: options.cwd, stdio: options.stdio, env: ENVIRONMENT, detached: true, ...this.dropTo });
    if (!this.canAskForSignal) this.watch(child, options.onOurDeath);
    return child;
  }

  /** What `command` prints, or null when it cannot be run. */
  output(command: string, args: readonly string[]): { readonly text: string } | { readonly fault: string } {
    const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: '/', env: ENVIRONMENT, encoding: 'utf8', timeout: 30_000, ...this.dropTo });
    if (status === 0) return { text: stdout.trim() };
    return { fault: error?.message ?? (stderr.trim().split('\n').pop() || `exit code ${String(status)}`) };
  }

  /** Where the kernel offers no such signal: a shell that waits for the end of a pipe whose other end only we hold. */
  private watch(child: ChildProcess, signal: string): void {
    if (child.pid === undefined) return;
    const watcher = spawn('sh', ['-c', `read -r _; kill -${signal} "$0"`, String(child.pid)], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
      env: ENVIRONMENT,
      ...this.dropTo,
    });
    watcher.on('error', () => undefined);
    watcher.stdin?.on('error', () => undefined);
    watcher.unref();
    (watcher.stdin as { unref?: () => void } | null)?.unref?.();
    child.once('exit', () => watcher.kill('SIGKILL'));
  }
}
