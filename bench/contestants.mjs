// The servers of a benchmark: the built service on Redis, the same on PostgreSQL alone, and bare Node with the same answers.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { redisBinaries } from '../scripts/redis-binaries.mjs';
import { startRedis } from '../scripts/redis-server.mjs';
import { mutate } from '../test/consistency/mutations.mjs';
import { pinned } from './load.mjs';

/** Of no use elsewhere: the stores are made anew for each run. */
const MASTER_KEY = Buffer.alloc(32, 1).toString('base64');

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url));

/** The service on PostgreSQL and Redis, for who asks it himself. */
export const startForTiming = () =>
  withStores(async ({ postgres, redis, scratch, running }) =>
    startService({ DATABASE_URL: postgres.url, DATA_DIR: join(scratch, 'data'), REDIS_URL: redis.url }, running));

export const startContestants = () =>
  withStores(async ({ postgres, redis, scratch, running }) => {
    const contestants = [];
    for (const [stores, settings] of [['Redis', { REDIS_URL: redis.url }], ['PostgreSQL', {}]]) {
      const service = await startService({ DATABASE_URL: postgres.url, DATA_DIR: join(scratch, stores), ...settings }, running);
      contestants.push(...(await pathsOf(service, stores)));
    }
    return { contestants: await withYardsticks(contestants, running) };
  });

/** The built service and altered copies of it (`edits` as of `mutate`), side by side on the same stores, each with a user of its own. */
export const startVersions = (versions) =>
  withStores(async ({ postgres, redis, scratch, running }) => {
    const started = [];
    for (const [index, { name, edits }] of versions.entries()) {
      const main = join(mutate(fileOf('../dist'), join(scratch, `version-${index}`), edits), 'main.js');
      const service = await startService({ DATABASE_URL: postgres.url, DATA_DIR: join(scratch, `data-${index}`), REDIS_URL: redis.url.replace(/\/\d*$/, '') + `/${index}` }, running, main);
      const [me] = await pathsOf(service, `version ${index}`.replace(' ', '-'));
      started.push({ ...me, name });
    }
    return { versions: started };
  });

/** The service on PostgreSQL and Redis with a picture that was put, the ways to its 128-pixel WebP, and sharp alone on `file`. */
export const startForAvatars = (file) =>
  withStores(async ({ postgres, redis, scratch, running }) => {
    const service = await startService({ DATABASE_URL: postgres.url, DATA_DIR: join(scratch, 'data'), REDIS_URL: redis.url }, running);
    const body = JSON.stringify({ email: 'bench@example.test', username: 'bench', password: 'seven quiet lighthouses' });
    const { user, tokens } = await (await fetch(`${service.origin}/v1/auth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
    const put = async (bytes) => {
      const response = await fetch(`${service.origin}/v1/users/me/avatar`, { method: 'PUT', headers: { authorization: `Bearer ${tokens.accessToken}` }, body: bytes });
      if (response.status !== 200) throw new Error(`PUT answered ${response.status}: ${await response.text()}`);
      return response.json();
    };
    const show = async ({ version }, size) => (await fetch(`${service.origin}/v1/avatars/${version}/${size}.webp`)).arrayBuffer();
    const { version } = await put(readFileSync(file));
    const paths = [
      { name: 'GET 128 WebP, stable', url: `${service.origin}/v1/users/${user.id}/avatar?size=128&format=webp` },
      { name: 'GET 128 WebP, by digest', url: `${service.origin}/v1/avatars/${version}/128.webp` },
    ];
    const contestants = await withYardsticks(paths.map((path) => ({ ...path, headers: {}, expected: 200, pid: service.pid })), running);
    return { contestants, put, show, service, sharp: await startSharp(file, running) };
  });

/** `run(job)`: the milliseconds it took. */
async function startSharp(file, running) {
  const [program, ...rest] = pinned(0, [process.execPath, fileOf('bare-sharp.mjs'), file]);
  const child = spawn(program, rest, { stdio: ['pipe', 'pipe', 'inherit'] });
  running.push({ stop: async () => child.exitCode ?? (child.stdin.end(), await once(child, 'exit')) });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  const run = async (job) => {
    child.stdin.write(`${job}\n`);
    return Number((await lines.next()).value.split(' ')[1]);
  };
  return { pid: child.pid, run };
}

/** Private stores for what `start` starts; its answer, and `stop`. */
async function withStores(start) {
  const scratch = mkdtempSync(join(tmpdir(), 'likeness-bench-'));
  chmodSync(scratch, 0o711);
  const running = [];
  const stop = async () => {
    for (const server of running.reverse()) await server.stop();
    rmSync(scratch, { recursive: true, force: true });
  };
  try {
    const { EmbeddedPostgres } = await import('../dist/embedded/index.js');
    const postgres = await EmbeddedPostgres.start({ folder: join(scratch, 'postgres'), isDurable: false, maxConnections: 100 });
    running.push(postgres);
    const redis = await startRedis(redisBinaries());
    running.push(redis);
    return { ...(await start({ postgres, redis, scratch, running })), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startService(settings, running, main = fileOf('../dist/main.js')) {
  const port = 20_000 + Math.floor(Math.random() * 20_000);
  const env = { ...process.env, NODE_ENV: 'development', HOST: '127.0.0.1', PORT: String(port), METRICS_PORT: '0', LOG_LEVEL: 'warn', RATE_LIMITS: 'off', MASTER_KEY, ...settings };
  const { pid } = await startProcess([main], /is ready/, env, running);
  return { origin: `http://127.0.0.1:${port}`, pid };
}

/** The hot paths of one service, each as a URL with what to send and what to expect. */
async function pathsOf({ origin: service, pid }, stores) {
  const tag = `bench-${stores.toLowerCase()}`;
  const body = JSON.stringify({ email: `${tag}@example.test`, username: tag, password: 'seven quiet lighthouses' });
  const registered = await (await fetch(`${service}/v1/auth/register`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })).json();
  if (!registered.user) throw new Error(`register answered ${JSON.stringify(registered)}`);
  const avatarUrl = `${service}/v1/users/${registered.user.id}/avatar`;
  const etag = (await fetch(avatarUrl)).headers.get('etag');
  return [
    { name: `GET /v1/users/me, ${stores}`, url: `${service}/v1/users/me`, headers: { authorization: `Bearer ${registered.tokens.accessToken}` }, expected: 200, pid },
    { name: `GET avatar, 304, ${stores}`, url: avatarUrl, headers: { 'if-none-match': etag }, expected: 304, pid },
  ];
}

/** Before each kind of answer, bare Node writing exactly that answer. */
async function withYardsticks(contestants, running) {
  const all = [];
  const baselines = new Map();
  for (const contestant of contestants) {
    const { expected, url, headers } = contestant;
    if (!baselines.has(expected)) {
      const name = `bare Node, ${expected}`;
      all.push({ name, ...(await bareNodeLike(url, headers, running)), headers: {}, expected });
      baselines.set(expected, name);
    }
    all.push({ ...contestant, baseline: baselines.get(expected) });
  }
  return all;
}

async function bareNodeLike(url, requestHeaders, running) {
  const response = await fetch(url, { headers: requestHeaders });
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name)));
  const body = Buffer.from(await response.arrayBuffer()).toString('base64');
  const { output, pid } = await startProcess([fileOf('bare-node.mjs'), JSON.stringify({ status: response.status, headers, body })], /"port":(\d+)/, process.env, running);
  return { url: `http://127.0.0.1:${/"port":(\d+)/.exec(output)[1]}/`, pid };
}

/** Starts Node on the servers' core; resolves with its pid and what it printed until it was ready. */
async function startProcess(args, ready, env, running) {
  const [program, ...rest] = pinned(0, [process.execPath, ...args]);
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'inherit'], env });
  running.push({ stop: async () => child.exitCode ?? (child.kill('SIGTERM'), await once(child, 'exit')) });
  let output = '';
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    output += chunk;
    if (ready.test(output)) return { output, pid: child.pid };
  }
  throw new Error(`${args[0]} ended before it was ready:\n${output}`);
}
