/** Numbers that are the same for the same seed (mulberry32). */
export class Dice {
  constructor(private state: number) {}

  /** From 0 up to `count`, without it. */
  below(count: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * count);
  }

  of<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }
}

const withBody = (method: string, path: string, type: string, body: string, more = ''): string =>
  `${method} ${path} HTTP/1.1\r\nhost: localhost\r\n${more}content-type: ${type}\r\ncontent-length: ${Buffer.byteLength(body, 'latin1')}\r\n\r\n${body}`;
const chunked = (path: string, type: string, chunks: readonly string[]): string =>
  `POST ${path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ntransfer-encoding: chunked\r\n\r\n${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`;
const get = (path: string, more = ''): string => `GET ${path} HTTP/1.1\r\nhost: localhost\r\n${more}\r\n`;

/** One of each kind of request that the service knows how to answer, or to refuse. */
export const requestsOf = (userId: string, token: string): readonly string[] => {
  const bearer = `authorization: Bearer ${token}\r\n`;
  const part = `--b\r\ncontent-disposition: form-data; name="file"; filename="a.png"\r\ncontent-type: image/png\r\n\r\n\x89PNG\r\n\x1a\n${'x'.repeat(200)}\r\n--b--\r\n`;
  // No password: hashing would be most of what is measured.
  const login = '{"identifier":"ada","device":"x"}';
  return [
    ...['/health/live', '/health/ready', '/', '/account', '/.well-known/jwks.json', '/nothing', `/v1/users/${userId}/avatar?size=64`].map((path) => get(path)),
    get('/v1/users/me', bearer),
    get('/v1/users?limit=2', bearer),
    get(`/v1/users/${userId}/avatar`, 'accept: image/avif,image/webp\r\nrange: bytes=0-9\r\nif-none-match: "a", W/"b"\r\n'),
    get('/v1/users/me', `${bearer}cookie: __Host-likeness_refresh=lr_x; a=b\r\norigin: http://evil.example\r\n`),
    get('http://localhost/v1/users/me', bearer),
    withBody('POST', '/v1/auth/login', 'application/json', login),
    withBody('POST', '/v1/auth/register', 'application/json', '{"email":"a@b.test"}', 'idempotency-key: one\r\n'),
    withBody('POST', '/v1/auth/refresh', 'application/json', '{"refreshToken":"lr_x"}'),
    withBody('POST', '/oauth/introspect', 'application/x-www-form-urlencoded', `token=${token}`, bearer),
    withBody('POST', '/oauth/token', 'application/x-www-form-urlencoded', 'grant_type=refresh_token&refresh_token=lr_x'),
    withBody('PATCH', '/v1/users/me', 'application/merge-patch+json', '{"displayName":"Ada"}', `${bearer}if-match: "1"\r\n`),
    withBody('PUT', '/v1/users/me/avatar', 'image/png', `\x89PNG\r\n\x1a\n${'x'.repeat(3_000)}`, bearer),
    withBody('PUT', '/v1/users/me/avatar', 'multipart/form-data; boundary=b', part, bearer),
    withBody('POST', '/v1/auth/login', 'application/json', login, 'expect: 100-continue\r\n'),
    withBody('POST', '/v1/auth/login', 'application/json', login, 'expect: tea\r\n'),
    chunked('/v1/auth/login', 'application/json', [login.slice(0, 9), login.slice(9)]),
    chunked('/oauth/revoke', 'application/x-www-form-urlencoded', ['token', '=x']),
    'OPTIONS /v1/users/me HTTP/1.1\r\nhost: localhost\r\norigin: http://a.example\r\naccess-control-request-method: GET\r\n\r\n',
    'OPTIONS * HTTP/1.1\r\nhost: localhost\r\n\r\n',
    'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n',
    'CONNECT localhost:5432 HTTP/1.1\r\nhost: localhost\r\n\r\nBYTES OF A TUNNEL',
    get('/health/live', 'connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n'),
    get('/health/live', 'connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n'),
    'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    `HEAD /v1/users/${userId}/avatar HTTP/1.1\r\nhost: localhost\r\n\r\n`,
    'TRACE / HTTP/1.1\r\nhost: localhost\r\n\r\n',
    'GET / HTTP/1.0\r\n\r\n',
    '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  ];
};

const SPICE = ['\r', '\n', '\r\n', '\r\n\r\n', '\0', '\xff', ' ', '\t', ':', ',', ';', '%', '%00', '%ff', '..', '/', '?', '#', '"', '{', '[', '0', '-1', '99999999999999999999', '0x10', '\x7f', '\xc3', 'chunked', 'http/1.1', '\x0b', '\x0c', '\xa0'];
const LINES = ['content-length: 0', 'content-length: 5', 'content-length: -1', 'content-length: 18446744073709551616', 'transfer-encoding: chunked', 'transfer-encoding: identity, chunked', 'connection: close', 'connection: upgrade', 'upgrade: x', 'host: evil.example', 'expect: 100-continue', 'range: bytes=-', 'cookie: ;;=;', 'authorization: Basic Og=='];

type Mutation = (text: string, dice: Dice, other: string) => string;
const at = (text: string, dice: Dice): number => dice.below(text.length + 1);
const inLines = (text: string, change: (lines: string[]) => void): string => {
  const lines = text.split('\r\n');
  change(lines);
  return lines.join('\r\n');
};

const MUTATIONS: readonly Mutation[] = [
  (text) => text,
  (text, dice) => { const place = at(text, dice); return text.slice(0, place) + String.fromCharCode(dice.below(256)) + text.slice(place + 1); },
  (text, dice) => { const place = at(text, dice); return text.slice(0, place) + dice.of(SPICE) + text.slice(place); },
  (text, dice) => { const place = at(text, dice); return text.slice(0, place) + text.slice(place + 1 + dice.below(12)); },
  (text, dice) => { const place = at(text, dice); return text.slice(0, place) + text.slice(place, place + 40).repeat(1 + dice.below(4)) + text.slice(place); },
  (text, dice) => inLines(text, (lines) => lines.splice(1 + dice.below(3), 0, dice.of(LINES))),
  (text, dice) => inLines(text, (lines) => lines.splice(1 + dice.below(3), 1)),
  (text, dice) => inLines(text, (lines) => lines.reverse().splice(dice.below(2), 0)),
  (text, dice) => text.replace(/\d+/, () => dice.of(['0', '1', '-1', '4', '1e9', '9'.repeat(30), ''])),
  (text, dice) => text.replace(/^[A-Z]+/, () => dice.of(['GET', 'POST', 'PUT', 'DELETE', 'CONNECT', 'QUERY', 'get', 'M-SEARCH', 'X'.repeat(300)])),
  (text, dice) => text.replace(/HTTP\/1\.1/, () => dice.of(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.1 x', 'http/1.1', 'HTTP/1.10', ''])),
  (text, dice) => text.replace('\r\n', `\r\n${dice.of(['x', 'cookie', 'authorization'])}: ${'y'.repeat(dice.below(20_000))}\r\n`),
  (text, dice) => text.replace(/\r\n/g, () => dice.of(['\r\n', '\r\n', '\n', '\r'])),
  (text, dice) => text.slice(0, at(text, dice)),
  (text, dice, other) => text + other.repeat(1 + dice.below(5)),
  (text, dice, other) => text.slice(0, at(text, dice)) + other,
];

/** A request in which up to four things were changed. */
export const mutated = (requests: readonly string[], dice: Dice): Buffer => {
  let text = dice.of(requests);
  for (let count = dice.below(5); count > 0; count -= 1) text = dice.of(MUTATIONS)(text, dice, dice.of(requests));
  return Buffer.from(text, 'latin1');
};
