// `node test/kit/radosgw.mjs npm test -- test/avatars/s3`: runs a command with a real S3 service beside it, Ceph's radosgw with a monitor and one
// object store in memory. For root on Debian 12: the packages are unpacked into a private folder (once, 60 MB), nothing is installed.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from './free-port.mjs';

const PACKAGES = ['ceph-mon', 'ceph-osd', 'radosgw', 'ceph-common'];
const cache = join(tmpdir(), `likeness-ceph-${process.getuid?.() ?? 0}`);
const folder = mkdtempSync(join(tmpdir(), 'likeness-radosgw-'));
const conf = join(folder, 'ceph.conf');
const [access, secret] = ['LIKENESSTEST', 'a-secret-for-tests-only'];
const running = [];

function run(command, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: 'utf8', ...options });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: ${error?.message ?? stderr}`);
  return stdout;
}

/** With state and caches of its own, apt changes nothing of the system. */
function unpack() {
  if (existsSync(join(cache, 'usr/bin/radosgw'))) return;
  const work = mkdtempSync(join(tmpdir(), 'likeness-apt-'));
  for (const name of ['state/lists/partial', 'cache/archives/partial', 'root']) mkdirSync(join(work, name), { recursive: true });
  const options = ['Debug::NoLocking=1', 'APT::Sandbox::User=', `Dir::State=${work}/state`, 'Dir::State::status=/var/lib/dpkg/status', `Dir::Cache=${work}/cache`];
  const apt = (...args) => run('apt-get', ['-qq', ...options.flatMap((option) => ['-o', option]), ...args], { cwd: work });
  apt('update');
  const missing = apt('install', '--print-uris', '--no-install-recommends', '--yes', ...PACKAGES);
  apt('download', ...[...missing.matchAll(/^'[^']+' ([^_\s]+)_/gm)].map(([, name]) => name));
  for (const file of readdirSync(work).filter((name) => name.endsWith('.deb'))) run('dpkg-deb', ['-x', join(work, file), join(work, 'root')]);
  renameSync(join(work, 'root'), cache);
  rmSync(work, { recursive: true, force: true });
}

const environment = () => {
  const library = join(cache, 'usr/lib/x86_64-linux-gnu');
  const paths = [library, join(library, 'ceph'), join(cache, 'lib/x86_64-linux-gnu'), join(cache, 'usr/lib')].join(':');
  return { ...process.env, LD_LIBRARY_PATH: paths, PYTHONPATH: join(cache, 'usr/lib/python3/dist-packages'), CEPH_CONF: conf };
};
const tool = (name, ...args) => run(join(cache, 'usr/bin', name), ['-c', conf, ...args], { env: environment(), timeout: 60_000 });

function start(name, ...args) {
  const child = spawn(join(cache, 'usr/bin', name), ['-c', conf, '-f', ...args], { env: environment(), stdio: ['ignore', 'ignore', process.env.RADOSGW_LOG ? 'inherit' : 'ignore'] });
  running.push(child);
}

async function startCeph() {
  const [monPort, port, fsid] = [await freePort(), await freePort(), randomUUID()];
  const library = join(cache, 'usr/lib/x86_64-linux-gnu');
  writeFileSync(conf, `[global]
fsid = ${fsid}
mon host = v1:127.0.0.1:${monPort}
mon initial members = a
auth cluster required = none
auth service required = none
auth client required = none
run dir = ${folder}
admin socket = ${folder}/$name.asok
pid file = ${folder}/$name.pid
log file = /dev/null
mon cluster log file = /dev/null
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 1
osd pool default pgp num = 1
osd pool default pg autoscale mode = off
osd crush chooseleaf type = 0
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 1
plugin dir = ${library}/ceph
erasure code dir = ${library}/ceph/erasure-code
osd class dir = ${library}/rados-classes
[mon.a]
mon data = ${folder}/mon
[osd.0]
osd objectstore = memstore
osd data = ${folder}/osd
memstore device bytes = 1073741824
[client.rgw]
rgw frontends = beast endpoint=127.0.0.1:${port}
rgw dns name = localhost
rgw thread pool size = 64
`);
  mkdirSync(join(folder, 'osd'));
  run(join(cache, 'usr/bin/monmaptool'), ['--create', '--fsid', fsid, '--addv', 'a', `[v1:127.0.0.1:${monPort}]`, join(folder, 'monmap')], { env: environment() });
  tool('ceph-mon', '--mkfs', '-i', 'a', '--monmap', join(folder, 'monmap'));
  start('ceph-mon', '-i', 'a');
  const osdId = randomUUID();
  for (let attempt = 0; ; attempt += 1) {
    try {
      tool('ceph', '--connect-timeout', '5', 'osd', 'new', osdId);
      break;
    } catch (error) {
      if (attempt === 10) throw error;
      await sleep(500);
    }
  }
  tool('ceph-osd', '-i', '0', '--mkfs', '--osd-uuid', osdId);
  start('ceph-osd', '-i', '0');
  for (let attempt = 0; attempt < 60 && !/1 up/.test(tool('ceph', 'osd', 'stat')); attempt += 1) await sleep(250);
  tool('radosgw-admin', '-n', 'client.rgw', 'user', 'create', '--uid', 'likeness', '--display-name', 'Likeness', '--access-key', access, '--secret-key', secret);
  start('radosgw', '-n', 'client.rgw');
  const endpoint = `http://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < 120; attempt += 1) {
    if (await fetch(endpoint).then(() => true, () => false)) return endpoint;
    await sleep(250);
  }
  throw new Error('radosgw does not answer');
}

async function makeBucket(endpoint) {
  const { CreateBucketCommand, S3Client } = await import('@aws-sdk/client-s3');
  const client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials: { accessKeyId: access, secretAccessKey: secret } });
  await client.send(new CreateBucketCommand({ Bucket: 'likeness' }));
  client.destroy();
}

let code = 1;
try {
  const startedAt = performance.now();
  unpack();
  const endpoint = await startCeph();
  await makeBucket(endpoint);
  console.log(`radosgw is ready at ${endpoint}, after ${((performance.now() - startedAt) / 1000).toFixed(1)} s`);
  const [command, ...args] = process.argv.slice(2);
  const given = { TEST_S3_ENDPOINT: endpoint, TEST_S3_BUCKET: 'likeness', TEST_S3_ACCESS_KEY_ID: access, TEST_S3_SECRET_ACCESS_KEY: secret };
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, ...given } });
  [code] = await once(child, 'exit');
} catch (error) {
  console.error(error.message);
} finally {
  for (const child of running.reverse()) child.kill('SIGKILL');
  await Promise.all(running.map((child) => (child.exitCode === null && child.signalCode === null ? once(child, 'exit') : null)));
  rmSync(folder, { recursive: true, force: true });
}
process.exit(code ?? 1);
