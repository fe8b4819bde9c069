// Builds dist/ when its sources have changed since the last build (`--if-needed`), or in any case.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildBundle } from './build-bundle.mjs';
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
async function withLock(work) {
  for (;;) {
    try {
      const file = openSync(LOCK, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
      if (isAbandoned()) rmSync(LOCK, { force: true });
      else await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  try {
    return await work();
  } finally {
    rmSync(LOCK, { force: true });
  }
}

function compileService() {
  const hash = sourceHash(SERVICE);
  const { status } = spawnSync(process.execPath, [COMPILER, 'build'], { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) throw new Error('The build failed.');
  writeFileSync(SERVICE.stamp, hash);
}

async function compilePage() {
  const hash = sourceHash(PAGE);
  await buildWeb();
  writeFileSync(PAGE.stamp, hash);
}

async function bundle() {
  const hash = sourceHash(BUNDLE);
  await buildBundle();
  writeFileSync(BUNDLE.stamp, hash);
}

async function compile({ ifNeeded }) {
  if (!existsSync(COMPILER)) {
    throw new Error('The build tools are not installed: run "npm ci --include=dev" (NODE_ENV=production leaves them out).');
  }
  // The compiler empties the whole folder, so that it comes first.
  if (!ifNeeded || !isCurrent(SERVICE)) compileService();
  if (!isCurrent(PAGE)) await compilePage();
  if (!isCurrent(BUNDLE)) await bundle();
}

/** Throws when there is no compiler, or it finds faults (and has printed them). */
export async function build({ ifNeeded = false } = {}) {
  if (ifNeeded && isBuilt()) return;
  if (ifNeeded) console.log('Building (once)…');
  await withLock(() => compile({ ifNeeded }));
}

/** For commands: a failed build ends the process. */
export const buildOrExit = (options) =>
  build(options).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });

if (process.argv[1] === fileURLToPath(import.meta.url)) await buildOrExit({ ifNeeded: process.argv.includes('--if-needed') });
