import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect } from 'node:net';
import { startBundledService, type BundledService } from '../kit/service.js';

/** What somebody would like to have taken for a request of its own. */
const SMUGGLED = 'GET /health/live HTTP/1.1\r\nhost: localhost\r\nx-smuggled: yes\r\n\r\n';
const LENGTH = SMUGGLED.length;
const CHUNKED_END = `0\r\n\r\n${SMUGGLED}`;
const chunk = (text: string, extension = ''): string => `${text.length.toString(16)}${extension}\r\n${text}\r\n`;

interface Trick {
  /** Lines of the head, each with its end; `content-type` and `host` are there already. */
  readonly lines: string;
  readonly body: string;
}

const withLength = (lines: string): Trick => ({ lines, body: SMUGGLED });
/** Two lengths: whoever takes the first, or the last, sees two requests. */
const LENGTHS: Readonly<Record<string, Trick>> = Object.fromEntries([
  ...['0', '+0', '-0', '-1', `+${LENGTH}`, `${LENGTH}, ${LENGTH}`, `0, ${LENGTH}`, `${LENGTH}, 0`, `0x${LENGTH.toString(16)}`, `${LENGTH}e0`, `${LENGTH}.0`, `${LENGTH};`, `"${LENGTH}"`, `${LENGTH}_0`, `${LENGTH} 0`, `\x0b${LENGTH}`, `${LENGTH}\x0c`, `\xa0${LENGTH}`, '', ',', `${LENGTH},`, '1 1', '18446744073709551616', '9'.repeat(40), 'NaN', 'x']
    .filter((value) => value !== '0')
    .map((value): [string, Trick] => [`length ${JSON.stringify(value)}`, withLength(`content-length: ${value}\r\n`)]),
  ['lengths 0 and all', withLength(`content-length: 0\r\ncontent-length: ${LENGTH}\r\n`)],
  ['lengths all and 0', withLength(`content-length: ${LENGTH}\r\ncontent-length: 0\r\n`)],
  ['length twice', withLength(`content-length: ${LENGTH}\r\ncontent-length: ${LENGTH}\r\n`)],
  ['length with a space before the colon', withLength(`content-length : ${LENGTH}\r\n`)],
  ['length with a tab before the colon', withLength(`content-length\t: ${LENGTH}\r\n`)],
  ['length folded', withLength(`content-length:\r\n ${LENGTH}\r\n`)],
  ['length folded behind another', withLength(`x: y\r\n content-length: ${LENGTH}\r\ncontent-length: ${LENGTH}\r\n`)],
  ['length behind a bare LF', withLength(`x: y\ncontent-length: ${LENGTH}\r\n`)],
  ['length behind a bare CR', withLength(`x: y\rcontent-length: ${LENGTH}\r\n`)],
  ['length behind NUL', withLength(`x: y\0\r\ncontent-length: ${LENGTH}\r\n`)],
  ['length named by Connection', withLength(`connection: content-length\r\ncontent-length: ${LENGTH}\r\n`)],
  ['length with an underscore', withLength(`content_length: 0\r\ncontent-length: ${LENGTH}\r\n`)],
  ['length in capitals', withLength(`CONTENT-LENGTH: ${LENGTH}\r\n`)],
  ['length of leading zeros', withLength(`content-length: 000${LENGTH}\r\n`)],
  ['head ended by bare LF', withLength(`content-length: ${LENGTH}\n\n`)],
  ['a name with a space', withLength(`x y: z\r\ncontent-length: ${LENGTH}\r\n`)],
  ['a line without a colon', withLength(`xyz\r\ncontent-length: ${LENGTH}\r\n`)],
  ['an empty name', withLength(`: z\r\ncontent-length: ${LENGTH}\r\n`)],
]);

const CODINGS = [
  ...['chunked', 'Chunked', 'chunked ', 'chunked,', ',chunked', 'chunked, chunked', 'identity', 'chunked, identity', 'identity, chunked', 'gzip, chunked', 'chunked, gzip', 'x', 'xchunked', 'chunkedx', 'chunked;q=1', '"chunked"', 'chunked chunked', '\tchunked', '\x0bchunked', 'chunked\x0b', '\xa0chunked', 'chunked\0', '\0chunked', '', 'chun ked', '[chunked]', 'c\u0068unked\x7f', 'chunk'],
];
/** A length and a coding: whoever believes the other one sees two requests. Bodies are good by both readings of the one and end early by the other. */
const withBoth = (lines: string): Trick => ({ lines: `${lines}content-length: ${CHUNKED_END.length}\r\n`, body: CHUNKED_END });
const BOTH: Readonly<Record<string, Trick>> = Object.fromEntries([
  ...CODINGS.map((coding): [string, Trick] => [`coding ${JSON.stringify(coding)} and a length`, withBoth(`transfer-encoding: ${coding}\r\n`)]),
  ['coding twice and a length', withBoth('transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n')],
  ['coding with a space before the colon', withBoth('transfer-encoding : chunked\r\n')],
  ['coding with a tab before the colon', withBoth('transfer-encoding\t: chunked\r\n')],
  ['coding folded', withBoth('transfer-encoding:\r\n chunked\r\n')],
  ['coding folded in its midst', withBoth('transfer-encoding: chun\r\n ked\r\n')],
  ['coding folded behind another', withBoth('x: y\r\n transfer-encoding: chunked\r\n')],
  ['coding behind a bare LF', withBoth('x: y\ntransfer-encoding: chunked\r\n')],
  ['coding behind a bare CR', withBoth('x: y\rtransfer-encoding: chunked\r\n')],
  ['coding with an underscore', withBoth('transfer_encoding: chunked\r\n')],
  ['coding in a name that begins so', withBoth('transfer-encoding-x: chunked\r\n')],
  ['length before coding', { lines: `content-length: ${CHUNKED_END.length}\r\ntransfer-encoding: chunked\r\n`, body: CHUNKED_END }],
  ['length of 4 and coding', { lines: 'content-length: 4\r\ntransfer-encoding: chunked\r\n', body: `${chunk(SMUGGLED)}0\r\n\r\n` }],
  ['TE and a length', withBoth('te: chunked\r\n')],
  ['coding named by Connection', withBoth('connection: transfer-encoding\r\ntransfer-encoding: chunked\r\n')],
]);

const inChunks = (body: string, lines = ''): Trick => ({ lines: `${lines}transfer-encoding: chunked\r\n`, body });
const CHUNKS: Readonly<Record<string, Trick>> = {
  // One message by RFC 9112 §7.1.
  'an extension': inChunks(`${chunk(SMUGGLED, ';a=b')}0\r\n\r\n`),
  'an extension in quotes': inChunks(`${chunk(SMUGGLED, ';a="b;c"')}0\r\n\r\n`),
  'a length of leading zeros': inChunks(`0000${chunk(SMUGGLED)}0\r\n\r\n`),
  'a trailer with a length': inChunks(`${chunk(SMUGGLED)}0\r\ncontent-length: 5\r\n\r\n`),
  'a trailer with a coding': inChunks(`${chunk(SMUGGLED)}0\r\ntransfer-encoding: chunked\r\n\r\n`),
  'a trailer with a host': inChunks(`${chunk(SMUGGLED)}0\r\nhost: evil.example\r\n\r\n`),
  // None: it must be refused, for who reads it kindly sees another request.
  ...Object.fromEntries(
    ['0\n\n', '0\r\n\n', '0\n\r\n', '0\r\r\n\r\n', '0\r\r', '0 \n\r\n', '0;\n\r\n', '0;a\n\r\n', '0;a\rb\n\r\n', '0;a=\0\n\n', '0x0\r\n\r\n', '+0\r\n\r\n', '-0\r\n\r\n', ' 0\n\n', '\t0\n\n', '0_0\r\n\r\n', 'g\r\n\r\n', '\r\n\r\n', '\n\n', ';\r\n\r\n', '"0"\r\n\r\n', '10000000000000000\r\n\r\n', 'ffffffffffffffff\r\n\r\n', '0\r\nx\r\n\r\n', '0\r\n: y\r\n\r\n', '0\r\nx y: z\r\n\r\n', '0\r\nx: y\nz: a\n\n', '1\r\nA0\r\n\r\n', '1\r\nAZ0\r\n\r\n', '1\r\nA\n0\r\n\r\n', '1\nA\r\n0\r\n\r\n', '2\r\nA\r\n0\r\n\r\n', '1\r\nA\r0\r\n\r\n'].map((end) => [`chunks ${JSON.stringify(end)}`, inChunks(end + SMUGGLED)]),
  ),
};

const ROUTES: Readonly<Record<string, string>> = { login: 'POST /v1/auth/login', refresh: 'POST /v1/auth/refresh', introspection: 'POST /oauth/introspect', upload: 'PUT /v1/users/me/avatar', nothing: 'POST /nothing' };
const TYPES: Readonly<Record<string, string>> = { introspection: 'application/x-www-form-urlencoded', upload: 'image/png' };

/** Whole messages of their own, whose target, method or version is the trick. */
const MESSAGES: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ['GET /health/live', 'GET /health/live HTTP/0.9', 'GET /health/live HTTP/1.2', 'GET /health/live HTTP/2.0', 'GET /health/live HTTP/1.1 x', 'GET  /health/live HTTP/1.1', 'GET /health/live  HTTP/1.1', 'GET\t/health/live\tHTTP/1.1', ' GET /health/live HTTP/1.1', 'GET /health/live http/1.1', 'GET /health/live HTTP/1.1\0', 'GET /health/\0live HTTP/1.1', 'GET /health/live\x0bHTTP/1.1', 'get /health/live HTTP/1.1', 'GET\0 /health/live HTTP/1.1', 'G ET /health/live HTTP/1.1', 'GET http://localhost/health/live HTTP/1.1', 'GET localhost:80 HTTP/1.1', 'GET * HTTP/1.1', 'GET //evil.example/health HTTP/1.1', 'GET \\health HTTP/1.1', 'PRI * HTTP/2.0', 'CONNECT localhost:80 HTTP/1.1', 'FOO /health/live HTTP/1.1']
      .map((line) => [`the line ${JSON.stringify(line)}`, `${line}\r\nhost: localhost\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`]),
  ),
  'a GET with a body': `GET /health/live HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'a HEAD with a body': `HEAD /health/live HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'an OPTIONS with a body': `OPTIONS * HTTP/1.1\r\nhost: localhost\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'a GET in chunks': `GET /health/live HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n${chunk(SMUGGLED)}0\r\n\r\n`,
  'a tunnel and what goes through it': `CONNECT localhost:80 HTTP/1.1\r\nhost: localhost\r\n\r\n${SMUGGLED}`,
  'HTTP/1.0 in chunks': `POST /v1/auth/login HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${chunk(SMUGGLED)}0\r\n\r\n`,
  'HTTP/1.0 with both': `POST /v1/auth/login HTTP/1.0\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${CHUNKED_END.length}\r\ntransfer-encoding: chunked\r\n\r\n${CHUNKED_END}`,
  'two hosts': `POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\ncontent-type: application/json\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'no host': `POST /v1/auth/login HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'an expectation that is met': `POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-type: application/json\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'an expectation that is not': `POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\nexpect: tea\r\ncontent-type: application/json\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'a request to switch protocols': `POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade\r\nupgrade: websocket\r\ncontent-type: application/json\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'a request for h2c': `POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\ncontent-type: application/json\r\ncontent-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'a head of many lines': `POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\n${'x: y\r\n'.repeat(3_000)}content-length: ${LENGTH}\r\n\r\n${SMUGGLED}`,
  'a connection to be closed': `POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}${SMUGGLED}`,
};

const tricks = (): Map<string, string> => {
  const all = new Map(Object.entries(MESSAGES));
  for (const [route, line] of Object.entries(ROUTES)) {
    for (const [name, { lines, body }] of Object.entries({ ...LENGTHS, ...BOTH, ...CHUNKS })) {
      all.set(`${route}: ${name}`, `${line} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${TYPES[route] ?? 'application/json'}\r\n${lines}\r\n${body}`);
    }
  }
  return all;
};

describe('a message whose end can be read in two ways', () => {
  let service: BundledService;
  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { RATE_LIMITS: 'off' });
  });
  afterAll(() => service.stop());

  /** All that comes back until the service closes; the client has ended its side, so that it does. */
  const answersTo = async (bytes: string): Promise<string> => {
    const socket = connect({ port: service.api.port, host: '127.0.0.1', allowHalfOpen: true }).on('error', () => undefined);
    let text = '';
    socket.on('data', (part) => (text += part.toString('latin1')));
    const closed = once(socket, 'close');
    const over = new Promise((resolve) => socket.once('end', resolve));
    socket.end(Buffer.from(bytes, 'latin1'));
    await Promise.race([over, closed]);
    socket.destroy();
    await closed;
    return text;
  };
  const statusesOf = (text: string): string[] => [...text.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status!).filter((status) => status !== '100');

  it('is counted right by this test: two requests have two answers', async () => {
    expect(statusesOf(await answersTo(SMUGGLED + SMUGGLED))).toEqual(['200', '200']);
    expect(statusesOf(await answersTo(`POST /v1/auth/login HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}${SMUGGLED}`))).toEqual(['400', '200']);
  });

  it('has one answer or none, and never the one that was smuggled', async () => {
    const all = tricks();
    expect(all.size).toBeGreaterThanOrEqual(123);
    const outcomes = new Map<string, string[]>();
    const entries = [...all];
    for (let at = 0; at < entries.length; at += 20) {
      await Promise.all(entries.slice(at, at + 20).map(async ([name, bytes]) => outcomes.set(name, statusesOf(await answersTo(bytes)))));
    }
    const wrong = [...outcomes].filter(([name, statuses]) => statuses.length > 1 || (statuses[0]?.startsWith('5') ?? false) || (statuses[0] === '200' && !name.includes('GET') && !name.includes('HEAD') && !name.startsWith('the line')));
    expect(wrong).toEqual([]);
    expect((await service.api.get('/health/live')).status).toBe(200);
  });
});
