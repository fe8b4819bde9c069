// Better Auth with Redis as its secondary storage, on bare Node HTTP; installed when it is first asked for, into a folder of its own.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/kit/free-port.mjs';

const FOLDER = fileURLToPath(new URL('../better-auth/', import.meta.url));

function isInstalled() {
  if (existsSync(`${FOLDER}node_modules/better-auth/package.json`)) return true;
  console.log('Installing Better Auth into bench/better-auth (once)…');
  const { status, stderr } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { cwd: FOLDER, encoding: 'utf8' });
  if (status !== 0) console.log(`It could not be had, and stays away: ${stderr.trim().split('\n').at(-1)}`);
  return status === 0;
}

/** `{origin, pid, cookie, version}` of a server with one signed-in user; null where it cannot be had. */
export async function startBetterAuth(stage) {
  if (!isInstalled()) return null;
  const port = await freePort();
  const env = { NODE_ENV: 'production', PORT: String(port), DATABASE_URL: await ownDatabase(stage), REDIS_URL: stage.redisUrl(9), BETTER_AUTH_SECRET: 'of no use outside of this benchmark', BETTER_AUTH_TELEMETRY: '0' };
  const { pid, output } = await stage.start([process.execPath, `${FOLDER}server.mjs`], { ready: /ready .*\n/, env });
  const origin = `http://127.0.0.1:${port}`;
  const body = JSON.stringify({ email: 'ada@bench.test', password: 'seven quiet lighthouses', name: 'Ada Lovelace' });
  const response = await fetch(`${origin}/api/auth/sign-up/email`, { method: 'POST', headers: { 'content-type': 'application/json', origin }, body });
  if (response.status !== 200) throw new Error(`Better Auth answered ${response.status}: ${await response.text()}`);
  const cookie = response.headers.getSetCookie().map((text) => text.split(';')[0]).join('; ');
  return { origin, pid, cookie, version: /ready (\S+)/.exec(output)[1] };
}

async function ownDatabase(stage) {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: stage.postgres.url });
  await client.connect();
  await client.query('CREATE DATABASE better_auth');
  await client.end();
  const url = new URL(stage.postgres.url);
  url.pathname = '/better_auth';
  return url.href;
}
