import { randomBytes } from 'node:crypto';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Account } from './account.js';
import { otherOwner, otherVersion } from './embedded.errors.js';
import { identityOf } from './process-identity.js';

const SOCKET_PREFIX = 'likeness-pg-';
/** `sun_path` holds 104 bytes on macOS and 108 on Linux, and the socket's own name takes twenty. */
const MAX_SOCKET_FOLDER = 80;
const MAX_LOG_BYTES = 10_485_760;

/** A process in `owner.pid`: its number, and what tells it from others that get this number later. */
interface RecordedProcess {
  readonly pid: number;
  readonly identity: string;
}

const recorded = (line: string | undefined): RecordedProcess | null => {
  const [, pid, identity] = /^(\d+) (.+)$/.exec(line?.trim() ?? '') ?? [];
  return pid === undefined ? null : { pid: Number(pid), identity: identity! };
};

const isLiving = ({ pid, identity }: RecordedProcess): boolean => identityOf(pid) === identity;

const lineOf = (pid: number): string => `${pid} ${identityOf(pid) ?? 'gone'}`;

const linesOf = (path: string): string[] | null => {
  try {
    return readFileSync(path, 'utf8').split('\n');
  } catch {
    return null;
  }
};

/** The folder of the embedded PostgreSQL: `data` (its cluster), `postgres.log`, and the process that runs it in `owner.pid`. */
export class ClusterFolder {
  readonly data: string;
  readonly logPath: string;

  constructor(readonly path: string) {
    this.data = join(path, 'data');
    this.logPath = join(path, 'postgres.log');
    mkdirSync(dirname(path), { recursive: true, mode: 0o711 });
    mkdirSync(path, { recursive: true, mode: 0o711 });
  }

  /** Who owns the cluster; null when there is none yet. */
  get dataOwner(): number | null {
    return statSync(this.data, { throwIfNoEntry: false })?.uid ?? null;
  }

  /** Throws when the cluster that is there cannot be run by this account and version. */
  requireUsable(account: Account, major: string): void {
    const owner = this.dataOwner;
    if (owner === null) return;
    if (account.uid !== null && owner !== account.uid) throw otherOwner(this.data);
    const found = linesOf(join(this.data, 'PG_VERSION'))?.[0]?.trim() ?? 'an unknown version';
    if (found !== major) throw otherVersion(this.data, found, major);
  }

  /** An empty folder to make a cluster in; `adoptDraft` puts it in place. Drafts of dead processes go. */
  createDraft(account: Account): string {
    for (const name of readdirSync(this.path)) {
      const pid = /^draft-(\d+)-/.exec(name)?.[1];
      if (pid !== undefined && identityOf(Number(pid)) === null) rmSync(join(this.path, name), { recursive: true, force: true });
    }
    const draft = join(this.path, `draft-${process.pid}-${randomBytes(4).toString('hex')}`);
    mkdirSync(draft, { mode: 0o700 });
    if (account.owner) chownSync(draft, account.owner.uid, account.owner.gid);
    return draft;
  }

  /** Of starts that race, the first puts its cluster in place, and the others use that one. */
  adoptDraft(draft: string): void {
    try {
      renameSync(draft, this.data);
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    } finally {
      rmSync(draft, { recursive: true, force: true });
    }
  }

  /** Appended to by PostgreSQL itself, so that its last words are kept when we are gone. */
  openLog(): number {
    if ((statSync(this.logPath, { throwIfNoEntry: false })?.size ?? 0) > MAX_LOG_BYTES) renameSync(this.logPath, `${this.logPath}.1`);
    return openSync(this.logPath, 'a', 0o600);
  }

  get logSize(): number {
    return statSync(this.logPath, { throwIfNoEntry: false })?.size ?? 0;
  }

  /** What PostgreSQL wrote to its log from `offset` on. */
  logFrom(offset: number): string {
    return readFileSync(this.logPath).subarray(offset).toString('utf8').trim();
  }

  /** Short, private, and where the account can reach it. */
  createSocketFolder(account: Account): string {
    const parent = tmpdir().length <= MAX_SOCKET_FOLDER - SOCKET_PREFIX.length - 7 ? tmpdir() : '/tmp';
    const folder = mkdtempSync(join(parent, SOCKET_PREFIX));
    chmodSync(folder, 0o700);
    if (account.owner) chownSync(folder, account.owner.uid, account.owner.gid);
    return folder;
  }

  /** Where the socket of the last run was, to be removed once it is known to be over. */
  lastSocketFolder(): string | null {
    const folder = linesOf(join(this.path, 'owner.pid'))?.[1]?.trim();
    return folder?.includes(`/${SOCKET_PREFIX}`) ? folder : null;
  }

  /** The process named in the cluster's lock file, dead or alive. */
  postmasterPid(): number | null {
    return Number(linesOf(join(this.data, 'postmaster.pid'))?.[0]) || null;
  }

  /**
   * The living process that runs this cluster, other than us. After a crash of the machine its number may be that of any process: it is the owner only if
   * it began when the owner did. One of a file that does not say so (written by an older version) is left to PostgreSQL's own lock.
   */
  livingOwner(): number | null {
    const owner = recorded(linesOf(join(this.path, 'owner.pid'))?.[0]);
    return owner !== null && owner.pid !== process.pid && isLiving(owner) ? owner.pid : null;
  }

  /** The socket folder of a cluster that another living process runs; null when none does. */
  livingSocketFolder(): string | null {
    const folder = this.livingOwner() === null ? null : this.lastSocketFolder();
    return folder !== null && readdirSync(folder, { withFileTypes: true }).some((entry) => entry.isSocket()) ? folder : null;
  }

  /** `server`: the PostgreSQL process. */
  recordOwner(socketFolder: string, server: number): void {
    writeFileSync(join(this.path, 'owner.pid'), `${lineOf(process.pid)}\n${socketFolder}\n${lineOf(server)}\n`, { mode: 0o600 });
  }

  /**
   * Removes a lock file that names a process which is something else by now, be it the PostgreSQL of somebody else: PostgreSQL only asks whether it
   * exists, and after the restart of a container the numbers begin anew. True when it was removed.
   */
  removeForeignLock(): boolean {
    const pid = this.postmasterPid();
    if (pid === null) return false;
    const server = recorded(linesOf(join(this.path, 'owner.pid'))?.[2]);
    // Where the file does not tell of this process, its name has to do.
    const name = linesOf(`/proc/${pid}/comm`)?.[0];
    if (server?.pid === pid ? isLiving(server) : name === undefined || name === 'postgres') return false;
    unlinkSync(join(this.data, 'postmaster.pid'));
    return true;
  }
}
