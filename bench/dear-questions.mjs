// `npm run bench:questions [-- --main dist/bundle/main.js --asks 200]`: what strangers' largest questions cost. Each kind is asked by turns with the
// ordinary one (a login that is refused for its body), so that the ratio comes from one run; processor time is the whole process's.
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import { build } from '../scripts/build.mjs';
import { startLikeness } from './contestants/likeness.mjs';
import { Stage } from './contestants/stage.mjs';

const { values } = parseArgs({ options: { main: { type: 'string' }, asks: { type: 'string', default: '100' } } });
const asks = Number(values.asks);
const ROUNDS = 5;
const TICKS_PER_SECOND = 100;
const ID = '0190c5d8-0000-7000-8000-000000000000';
const ROOM = 15_000;

const fill = (text, bytes) => text.repeat(Math.floor(bytes / text.length));
const fields = (count) => JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, at) => [at.toString(36), 1])));
const post = (path, body, headers = {}) => ({ method: 'POST', path, body, headers: { 'content-type': 'application/json', ...headers } });
const get = (path, headers = {}) => ({ method: 'GET', path, headers });
const form = (path, body) => post(path, body, { 'content-type': 'application/x-www-form-urlencoded' });

const ORDINARY = post('/v1/auth/login', '{"identifier":"ada"}');
const KINDS = {
  '28,000 unknown fields': post('/v1/auth/register', fields(28_000)),
  '1,300 unknown fields (15 kB)': post('/v1/auth/register', fields(1_300)),
  '90 unknown fields': post('/v1/auth/register', fields(90)),
  'an array of 7,000 items': post('/v1/auth/login', `{"identifier":[${fill('1,', ROOM)}1]}`),
  'nested 7,000 deep': post('/v1/auth/login', `{"identifier":${'['.repeat(7_000)}${']'.repeat(7_000)}}`),
  'nested 15 deep': post('/v1/auth/login', `{"identifier":${'['.repeat(15)}${']'.repeat(15)}}`),
  'a string of 15 kB': post('/v1/auth/login', `{"identifier":"${'x'.repeat(ROOM)}","password":"x"}`),
  'an address of 250 letters': post('/v1/auth/register', `{"email":"${'a.'.repeat(124)}","username":"${'a'.repeat(64)}","password":"${'é'.repeat(500)}"}`),
  'a name with 1,000 combining marks': post('/v1/auth/register', `{"email":"a@b.test","username":"a","password":"x","displayName":"a${'\u0301'.repeat(198)}"}`),
  'one field of 15 kB': post('/v1/auth/login', `{"${'x'.repeat(ROOM)}":1}`),
  'spaces': post('/v1/auth/refresh', `{"refreshToken"${' '.repeat(7_500)}`),
  'a form of 7,000 parameters': form('/oauth/token', fill('a&', ROOM)),
  'a form of 2,900 parameters': form('/oauth/introspect', Array.from({ length: 2_900 }, (_, at) => at.toString(36)).join('&')),
  'a form of escapes': form('/oauth/token', `token=${fill('%41', ROOM)}`),
  'a query of 3,000 parameters': get(`/v1/auth/sessions?${Array.from({ length: 3_000 }, (_, at) => at.toString(36)).join('&')}`),
  'a picture with 3,000 parameters': get(`/v1/users/${ID}/avatar?${Array.from({ length: 3_000 }, (_, at) => at.toString(36)).join('&')}`),
  'a query of escapes': get(`/v1/auth/sessions?${fill('%41=%41&', ROOM)}`),
  'a path of dots': get(`/v1/avatars/${'.'.repeat(ROOM)}/x`),
  'a path of slashes': get(`/${'/'.repeat(ROOM)}`),
  'a path of names': get(`/v1/users${fill('/a', ROOM)}`),
  'a path of escapes': get(`/v1/users/${fill('%41', ROOM)}`),
  'Accept of 15 kB': get(`/v1/users/${ID}/avatar`, { accept: fill('a/b;q=0.1,', ROOM) }),
  'Accept of semicolons': get(`/v1/users/${ID}/avatar`, { accept: `image/webp${fill(' ;', ROOM)}` }),
  'Accept-Encoding of 15 kB': get('/account', { 'accept-encoding': fill('a;q=0.1,', ROOM) }),
  'If-None-Match of 15 kB': get('/openapi.json', { 'if-none-match': fill('"a",', ROOM) }),
  'If-None-Match that never ends': get('/openapi.json', { 'if-none-match': `"${'a'.repeat(ROOM)}` }),
  'If-None-Match of spaces': get('/openapi.json', { 'if-none-match': `W/${' '.repeat(ROOM)}x` }),
  'Cookie of 15 kB': post('/v1/auth/refresh', undefined, { cookie: fill('a=b;', ROOM) }),
  'Cookie of spaces': post('/v1/auth/refresh', undefined, { cookie: `a${' '.repeat(ROOM)}b` }),
  'Authorization of spaces': get('/v1/users/me', { authorization: `Bearer${' '.repeat(ROOM)}x y` }),
  'Authorization of dots': get('/v1/users/me', { authorization: `Bearer ${'.'.repeat(ROOM)}` }),
  'a JWT of 15 kB': get('/v1/users/me', { authorization: `Bearer ${'eyJhbGciOiJFUzI1NiJ9'.repeat(370)}.${'a'.repeat(7_000)}.a` }),
  'Basic of 15 kB': post('/oauth/introspect', 'token=x', { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${fill('OjpA', ROOM)}` }),
  'Range of 15 kB': get(`/v1/users/${ID}/avatar`, { range: `bytes=${fill('0-0,', ROOM)}` }),
  'X-Forwarded-For of 15 kB': get('/v1/users/me', { 'x-forwarded-for': fill('1.1.1.1,', ROOM) }),
  'Content-Type of 15 kB': post('/v1/auth/login', '{}', { 'content-type': `application/json;${fill('a=b;', ROOM)}` }),
  'Content-Type of spaces': post('/v1/auth/login', '{}', { 'content-type': `application/json;${' '.repeat(ROOM)}x` }),
  'Content-Type of backslashes': post('/v1/auth/login', '{}', { 'content-type': `application/json; a="${'\\\\'.repeat(ROOM / 2)}` }),
  '300 headers': get('/v1/users/me', Object.fromEntries(Array.from({ length: 300 }, (_, at) => [`x-${at}`, 'a']))),
};

const bytesOf = ({ method, path, body = '', headers }) => {
  const lines = Object.entries({ host: 'id.bench.test', ...headers, ...(method === 'POST' && { 'content-length': Buffer.byteLength(body) }) }).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nconnection: close\r\n${lines.join('')}\r\n${body}`);
};

const ask = (port, bytes) => new Promise((resolve) => {
  let answered = 0;
  let status = '';
  const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
  socket.on('data', (chunk) => { status ||= chunk.toString('latin1', 9, 12); answered += chunk.length; });
  socket.on('error', () => undefined).on('close', () => resolve({ status, answered }));
});

const processorMs = (pid) => {
  const parts = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  return ((Number(parts[11]) + Number(parts[12])) * 1_000) / TICKS_PER_SECOND;
};

const timed = async ({ port, pid }, question, count) => {
  const bytes = bytesOf(question);
  const began = processorMs(pid);
  let last;
  for (let at = 0; at < count; at += 1) last = await ask(port, bytes);
  return { ms: (processorMs(pid) - began) / count, sent: bytes.length, ...last };
};

if (!values.main) await build({ ifNeeded: true });
const stage = await Stage.open();
try {
  const { origin, pid } = await startLikeness(stage, { ...(values.main && { main: values.main }), settings: { LOG_LEVEL: 'silent', TRUSTED_PROXIES: '10.0.0.0/8' } });
  const target = { port: Number(new URL(origin).port), pid };
  await timed(target, ORDINARY, 500);
  for (const [kind, question] of Object.entries(KINDS)) {
    const ordinary = [];
    const dear = [];
    const count = kind.startsWith('28,000') ? Math.max(1, Math.floor(asks / 20)) : asks;
    for (let round = 0; round < ROUNDS; round += 1) {
      ordinary.push((await timed(target, ORDINARY, asks)).ms);
      dear.push(await timed(target, question, count));
    }
    const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
    const [plain, ms] = [median(ordinary), median(dear.map((each) => each.ms))];
    const { sent, answered, status } = dear[0];
    console.log(`${kind.padEnd(36)} ${status}  ${ms.toFixed(2).padStart(7)} ms  ${(ms / plain).toFixed(1).padStart(6)} × ordinary  ${String(sent).padStart(7)} B in ${String(answered).padStart(8)} B out`);
  }
} finally {
  await stage.stop();
}
