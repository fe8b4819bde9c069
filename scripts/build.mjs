// Builds dist/ when its sources have changed since the last build (`--if-needed`), or in any case.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle } from './build-bundle.mjs';
import { BuildProgress } from './build-progress.mjs';
import { buildWeb } from './build-web.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const COMPILER = join(ROOT, 'node_modules/@nestjs/cli/bin/nest.js');
const LOCK = join(tmpdir(), `likeness-build-${process.getuid?.() ?? 0}-${createHash('sha256').update(ROOT).digest('hex').slice(0, 12)}.lock`);

/** What each part of the build is made of. */
const SERVICE = { folders: ['src'], files: ['package.json', 'nest-cli.json', 'tsconfig.json'], stamp: join(ROOT, 'dist/.sources') };
const PAGE = { folders: ['web', 'clients/typescript/src'], files: ['package.json', 'scripts/build-web.mjs'], stamp: join(ROOT, 'dist/web/.sources') };
const BUNDLE = {
  folders: SERVICE.folders,
  files: [...SERVICE.files, 'package-lock.json', 'scripts/build-bundle.mjs', 'scripts/compile-bundle.mjs'],
  // What V8 compiled is of use to its own version alone.
  version: process.version,
  stamp: join(ROOT, 'dist/bundle/.sources'),
};

const filesBelow = (folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.(spec|gen)\.ts$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));

function sourceHash({ folders, files, version = '' }) {
  const hash = createHash('sha256').update(version);
  for (const path of [...folders.flatMap(filesBelow).sort(), ...files.map((name) => join(ROOT, name))]) {
    hash.update(`${path.slice(ROOT.length)}\n`).update(readFileSync(path));
  }
  return hash.digest('hex');
}

const isCurrent = (part) => existsSync(part.stamp) && readFileSync(part.stamp, 'utf8') === sourceHash(part);
const isBuilt = () => [SERVICE, PAGE, BUNDLE].every(isCurrent);

const isAlive = (pid) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
};

/** Whether the lock was left by a process that died, perhaps before it had written its number. */
function isAbandoned() {
  try {
    const holder = Number(readFileSync(LOCK, 'utf8'));
    return holder > 0 ? !isAlive(holder) : Date.now() - statSync(LOCK).mtimeMs > 5_000;
  } catch {
    return false; // gone meanwhile
  }
}

/** One build at a time per work tree. */
async function withLock(out, work) {
  for (let isTold = false; ; ) {
    try {
      const file = openSync(LOCK, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned()) rmSync(LOCK, { force: true });
      else {
        if (!isTold) isTold = out.write('Another build of this folder is at work. Waiting for it…\n') || true;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }
  try {
    return await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

async function compileService() {
  const hash = sourceHash(SERVICE);
  const compiler = spawn(process.execPath, [COMPILER, 'build'], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  const [code] = await once(compiler, 'exit');
  if (code !== 0) throw new Error('The build failed.');
  writeFileSync(SERVICE.stamp, hash);
}

async function compilePage(folder) {
  const hash = sourceHash(PAGE);
  await buildWeb(folder);
  writeFileSync(join(folder, '.sources'), hash);
}

async function bundle() {
  const hash = sourceHash(BUNDLE);
  await buildBundle();
  writeFileSync(BUNDLE.stamp, hash);
}

/** Both at once. The compiler of the service empties the whole of dist: the page is made beside it, and put there afterwards. */
async function compileSources(parts, progress) {
  const beside = join(ROOT, `.page-${process.pid}`);
  const works = { service: compileService, page: () => compilePage(beside) };
  try {
    const done = await Promise.allSettled(parts.filter((part) => part in works).map((part) => progress.step(part, works[part])));
    for (const { status, reason } of done) if (status === 'rejected') throw reason;
    if (!parts.includes('page')) return;
    rmSync(dirname(PAGE.stamp), { recursive: true, force: true });
    renameSync(beside, dirname(PAGE.stamp));
  } finally {
    rmSync(beside, { recursive: true, force: true });
  }
}

async function compile({ ifNeeded, out }) {
  if (!existsSync(COMPILER)) {
    throw new Error('The build tools are not installed: run "npm ci --include=dev" (NODE_ENV=production leaves them out).');
  }
  const isServiceDue = !ifNeeded || !isCurrent(SERVICE);
  const due = { service: isServiceDue, page: isServiceDue || !isCurrent(PAGE), bundle: isServiceDue || !isCurrent(BUNDLE) };
  const parts = Object.keys(due).filter((part) => due[part]);
  if (parts.length === 0) return;
  const progress = new BuildProgress(parts, { out });
  try {
    await compileSources(parts, progress);
    if (due.bundle) await progress.step('bundle', bundle);
  } finally {
    progress.end();
  }
}

/** Throws when there is no compiler, or it finds faults (and has printed them). */
export async function build({ ifNeeded = false, out = process.stdout } = {}) {
  if (ifNeeded && isBuilt()) return;
  await withLock(out, () => compile({ ifNeeded, out }));
}

/** For commands: a failed build ends the process. */
export const buildOrExit = (options) =>
  build(options).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildOrExit({ ifNeeded: process.argv.includes('--if-needed') });
