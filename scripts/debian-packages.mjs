// Programs from Debian's packages, unpacked into a private folder: no root, nothing of the system changes, nothing is run at unpacking.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CACHES = [fileURLToPath(new URL('../node_modules/.cache', import.meta.url)), join(tmpdir(), `likeness-test-cache-${process.getuid?.() ?? 0}`)];

function run(command, args, cwd) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive' } });
  if (status !== 0) throw new Error(`${command} ${args.at(-1)}: ${error?.message ?? stderr.trim()}`);
  return stdout;
}

/** A folder that is kept for later runs: in node_modules, else in the temporary folder. */
export function writableCache() {
  const found = CACHES.find((path) => {
    try {
      mkdirSync(path, { recursive: true, mode: 0o755 });
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      return false;
    }
  });
  if (!found) throw new Error(`neither of ${CACHES.join(', ')} can be written`);
  return found;
}

/** Every folder that holds a shared library: packages put them into folders of their own, which their install scripts would announce. */
function libraryFolders(root) {
  return ['usr/lib', 'lib'].flatMap((parent) => {
    try {
      const files = readdirSync(join(root, parent), { recursive: true, withFileTypes: true });
      return [...new Set(files.filter(({ name }) => /\.so(\.|$)/.test(name)).map(({ parentPath }) => parentPath))];
    } catch {
      return [];
    }
  });
}

/** apt's options for another release of Debian, from the mirror that this system uses. */
function sourcesOf(release, apt, work) {
  const [mirror] = apt('indextargets', '--format', '$(REPO_URI)', 'Label: Debian', 'Created-By: Packages').split('\n');
  if (!mirror) throw new Error('this system has no mirror of Debian');
  writeFileSync(join(work, 'release.list'), `deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror} ${release} main\n`);
  return [`Dir::Etc::sourcelist=${work}/release.list`, 'Dir::Etc::sourceparts=-', 'Dir::State::status=/dev/null'];
}

/** With state and caches of its own, apt needs no root. Of another release all packages that are needed are named: this system's are not looked at. */
function unpack(packages, folder, release) {
  const work = mkdtempSync(join(tmpdir(), 'likeness-apt-'));
  try {
    for (const name of ['state/lists/partial', 'cache/archives/partial', 'root']) mkdirSync(join(work, name), { recursive: true });
    const options = ['Debug::NoLocking=1', 'APT::Sandbox::User=', `Dir::State=${work}/state`, 'Dir::State::status=/var/lib/dpkg/status', `Dir::Cache=${work}/cache`];
    const apt = (...args) => run('apt-get', ['-qq', ...options.flatMap((option) => ['-o', option]), ...args], work);
    apt('update');
    if (release) {
      options.push(...sourcesOf(release, apt, work));
      apt('update');
      apt('download', ...packages);
    } else {
      const missing = apt('install', '--print-uris', '--no-install-recommends', '--yes', '--reinstall', ...packages);
      apt('download', ...[...missing.matchAll(/^'[^']+' ([^_\s]+)_/gm)].map(([, name]) => name));
    }
    for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) run('dpkg-deb', ['-x', file, join(work, 'root')], work);
    const draft = `${folder}.${process.pid}`;
    run('cp', ['-a', join(work, 'root'), draft], work);
    try {
      renameSync(draft, folder);
    } catch {
      rmSync(draft, { recursive: true, force: true }); // another run was quicker
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

const opened = (folder) => {
  const libraryPath = libraryFolders(folder).join(':');
  return { folder, libraryPath, env: { LD_LIBRARY_PATH: libraryPath } };
};

/**
 * `packages` with what they need and this system has not, in one folder kept for later runs: `{folder, libraryPath, env}`.
 * `works(unpacked)` says whether what was found can be used; null when it cannot even after unpacking anew. Throws where apt-get does not work.
 * `release`: of that release of Debian instead; its programs need its loader (`loaderOf`).
 */
export function debianPackages(name, packages, works, release) {
  for (const cache of CACHES) {
    const found = opened(join(cache, name));
    if (works(found)) return found;
  }
  const folder = join(writableCache(), name);
  console.log(`Unpacking ${packages.join(', ')} from the packages of ${release ? `Debian ${release}` : 'this system'} into a private folder (once)…`);
  rmSync(folder, { recursive: true, force: true });
  unpack(packages, folder, release);
  const unpacked = opened(folder);
  return works(unpacked) ? unpacked : null;
}

/** The dynamic loader among unpacked packages: a program of another release needs the C library of that release, and so its loader. */
export const loaderOf = (folder) => join(folder, process.arch === 'arm64' ? 'usr/lib/ld-linux-aarch64.so.1' : 'usr/lib64/ld-linux-x86-64.so.2');
