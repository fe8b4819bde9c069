// The service as it is built, for production, on the stores of a stage; and what it has to be asked for.
import { fileURLToPath } from 'node:url';
import { freePort } from '../../test/kit/free-port.mjs';

/** Of no use elsewhere: the stores are made anew for each run. */
const MASTER_KEY = Buffer.alloc(32, 1).toString('base64');
const BOOTSTRAP_TOKEN = 'the first of this benchmark is its admin';
export const PASSWORD = 'seven quiet lighthouses';

const MAIN = fileURLToPath(new URL('../../dist/bundle/main.js', import.meta.url));

/** The environment of an instance; all of one stage share stores and keys. The rate limits are off: all load comes from one address. */
export const settingsOf = (stage, port) => ({
  NODE_ENV: 'production', HOST: '127.0.0.1', PORT: String(port), PUBLIC_URL: 'https://id.bench.test', METRICS_PORT: '0', LOG_LEVEL: 'warn', RATE_LIMITS: 'off',
  MALLOC_ARENA_MAX: '2', // as the image and the systemd unit have it
  MASTER_KEY, BOOTSTRAP_TOKEN, DATABASE_URL: stage.postgres.url, REDIS_URL: stage.redisUrl(0), DATA_DIR: stage.folder('data'),
});

/** `{origin, pid, child, stop}` of one instance that serves. `args`: of Node, before the program. */
export async function startLikeness(stage, { settings = {}, main = MAIN, args = [], stdio } = {}) {
  const port = await freePort();
  const server = await stage.start([process.execPath, ...args, main], { ready: /is ready/, env: { ...settingsOf(stage, port), ...settings }, ...(stdio && { stdio }) });
  return Object.assign(server, { origin: `http://127.0.0.1:${port}` });
}

/** A client of one instance; throws for answers of another status than the expected one. */
export const clientOf = ({ origin }) => async (method, path, { token, body, expected = 200, raw = false } = {}) => {
  const headers = { ...(token && { authorization: `Bearer ${token}` }), ...(body && !raw && { 'content-type': 'application/json' }) };
  const response = await fetch(origin + path, { method, headers, body: raw || !body ? body : JSON.stringify(body) });
  if (response.status !== expected) throw new Error(`${method} ${path} answered ${response.status}: ${(await response.text()).slice(0, 300)}`);
  return response.headers.get('content-type')?.includes('json') ? response.json() : (await response.arrayBuffer(), response);
};

/** An admin, who may ask what a token is worth, with a key for it. */
export async function makeAdmin(service) {
  const ask = clientOf(service);
  const { user, tokens } = await ask('POST', '/v1/auth/register', { body: { email: 'admin@bench.test', username: 'admin', password: PASSWORD, bootstrapToken: BOOTSTRAP_TOKEN }, expected: 201 });
  const { secret } = await ask('POST', '/v1/auth/api-keys', { token: tokens.accessToken, body: { name: 'bench', scopes: ['tokens:introspect'] }, expected: 201 });
  return { id: user.id, token: tokens.accessToken, key: secret };
}

/** An account with everything usual: a name, a picture, one session. */
export async function makeAccount(service, username, picture) {
  const ask = clientOf(service);
  const identifier = `${username}@bench.test`;
  const { user, tokens } = await ask('POST', '/v1/auth/register', { body: { email: identifier, username, password: PASSWORD, displayName: 'Ada Lovelace' }, expected: 201 });
  const avatar = picture && (await ask('PUT', '/v1/users/me/avatar', { token: tokens.accessToken, body: picture, raw: true }));
  return { id: user.id, identifier, token: tokens.accessToken, digest: avatar?.version };
}
