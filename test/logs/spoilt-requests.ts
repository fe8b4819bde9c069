import type { Markers } from './markers.js';
import type { Sent } from './marked-world.js';
import type { GoodRequest, Operation } from './marked-requests.js';

const TOO_LONG = 'x'.repeat(40_000);

/** The same request with a body that a parser or a validator may quote; none is taken. */
export const spoiltBodies = (markers: Markers, id: string, good: GoodRequest): Sent[] => {
  const marked = (how: string): string => markers.at(`a body ${how} of ${id}`);
  const json = { ...good.headers, 'content-type': 'application/json' };
  const form = { ...good.headers, 'content-type': 'application/x-www-form-urlencoded' };
  const names = Object.keys(good.fields ?? { password: '' });
  const fieldsOf = (value: (name: string) => unknown): string => JSON.stringify(Object.fromEntries(names.map((name) => [name, value(name)])));
  const word = marked('cut');
  const bodies: Sent[] = [
    { ...good, headers: json, body: `{"password":"${word}` },
    { ...good, headers: json, body: `{"password": ${marked('without quotes')}}` },
    { ...good, headers: json, body: `${marked('that is no JSON')}=1` },
    { ...good, headers: json, body: `{"password":"\\${marked('with a bad escape')}"}` },
    { ...good, headers: json, body: JSON.stringify(marked('of one string')) },
    { ...good, headers: json, body: fieldsOf((name) => `${marked(`too long in ${name}`)}${TOO_LONG}`) },
    { ...good, headers: json, body: fieldsOf((name) => ({ [marked(`with an object in ${name}`)]: marked(`with an object in ${name}`) })) },
    { ...good, headers: json, body: fieldsOf((name) => `a\0${marked(`with NUL in ${name}`)}`) },
    { ...good, headers: json, body: JSON.stringify({ ...good.fields, [marked('with an unknown field')]: 1, password2: marked('with an unknown field') }) },
    { ...good, headers: { ...good.headers, 'content-type': `text/${marked('of a type')}` }, body: marked('of another type') },
    { ...good, headers: form, body: `token=${marked('of a form')}&token=${marked('of a form')}&%zz${marked('of a form')}` },
    { ...good, headers: { ...good.headers, 'content-type': 'multipart/form-data; boundary=b' }, body: `--b\r\ncontent-disposition: form-data; name="${marked('in parts')}"; filename="${marked('in parts')}.png"\r\n\r\n${marked('in parts')}` },
    { ...good, headers: { ...good.headers, 'content-type': 'image/png' }, body: Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), Buffer.from(marked('that is no picture'))]) },
  ];
  return good.body === undefined ? [] : bodies;
};

/** With headers that a guard, a cache or a log may quote. Some are taken. */
export const spoiltHeaders = (markers: Markers, id: string, good: GoodRequest): Sent[] => {
  const marked = (name: string): string => markers.at(`${name} of ${id}`);
  const basic = (): string => {
    const pair = Buffer.from(`${marked('Basic user')}:${marked('Basic password')}`).toString('base64');
    markers.keep(pair, `Authorization: Basic of ${id}`);
    return pair;
  };
  const token = good.headers?.['authorization'] ?? '';
  const others = {
    cookie: `__Host-likeness_refresh=lr_${marked('Cookie')}; theme=${marked('Cookie')}`, referer: `https://app.example/?token=${marked('Referer')}`, origin: `https://${marked('Origin')}.example`,
    'x-request-id': `${marked('X-Request-Id')} is no id`, 'if-match': `"${marked('If-Match')}"`, 'if-none-match': marked('If-None-Match'), range: `bytes=${marked('Range')}`,
    'idempotency-key': `${marked('Idempotency-Key')}-0123456789`, traceparent: `00-${marked('traceparent')}`, accept: `text/${marked('Accept')}`, 'accept-language': marked('Accept-Language'),
    'x-forwarded-for': `${marked('X-Forwarded-For')}, 2001:db8::7`, 'x-forwarded-host': marked('X-Forwarded-Host'),
  }; // prettier-ignore
  const authorizations = [`Bearer ${marked('a bearer')}`, `Bearer lk_${marked('an API key')}`, `Bearer ${token.slice(7)}${marked('a longer token')}`, `Basic ${basic()}`, `Digest username="${marked('Digest')}"`, marked('Authorization')];
  // The guard is one for all routes: each kind of credential on some of them.
  const authorization = authorizations[[...id].reduce((sum, letter) => sum + letter.charCodeAt(0), 0) % authorizations.length]!;
  return [
    { ...good, headers: { ...good.headers, ...others } },
    { ...good, headers: { ...good.headers, ...others, authorization } },
    { ...good, headers: { ...good.headers, authorization: `Bearer ${marked('too long a bearer')}${TOO_LONG}` } },
  ];
};

/** With a query or a path that a router may quote. Some are taken. */
export const spoiltUrls = (markers: Markers, { template, spec: { operationId: id } }: Operation, good: GoodRequest): Sent[] => {
  const marked = (what: string): string => markers.at(`${what} of ${id}`);
  const secrets = ['access_token', 'token', 'password', 'email', 'q', 'cursor', 'limit', 'size', 'signature', 'key', 'user', 'd'];
  const withPath = (value: (name: string) => string): Sent => ({ ...good, path: template.replace(/\{(\w+)\}/g, (_, name: string) => value(name)) });
  return [
    { ...good, path: `${good.path.split('?')[0]}?${secrets.map((name) => `${name}=${marked(`?${name}`)}`).join('&')}` },
    { ...good, path: `${good.path.split('?')[0]}/${marked('a path that is none')}` },
    ...(template.includes('{') ? [withPath((name) => marked(`{${name}}`)), withPath((name) => `${marked(`{${name}} escaped badly`)}%zz`), withPath((name) => marked(`{${name}} too long`) + 'x'.repeat(2_000))] : []),
  ];
};
