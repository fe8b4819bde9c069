import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign, type JsonWebKey, type KeyObject } from 'node:crypto';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';

const encoded = (value: unknown): string => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');
const decoded = (part: string): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Record<string, unknown>;
const NOBODY = '00000000-0000-7000-8000-000000000000';

type Forgeries = ReadonlyMap<string, string>;

/** Replaces the character by another of the same alphabet. */
const withOther = (text: string, at: number): string => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);

/** What came out as a token that is good, such as one half of two tokens that begin alike. */
const without = (found: Map<string, string>, ...genuine: readonly string[]): Forgeries => new Map([...found].filter(([, token]) => !genuine.includes(token)));

/** Access tokens that we have not signed, by how they were made from good ones of two users and the published key. */
const accessForgeries = (good: string, other: string, published: JsonWebKey, more: readonly string[]): Forgeries => {
  const found = new Map<string, string>();
  const [header, payload, signature] = good.split('.') as [string, string, string];
  const [otherHeader, otherPayload, otherSignature] = other.split('.') as [string, string, string];
  const [head, claims] = [decoded(header), decoded(payload)];
  const strangers = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signedBy = (key: KeyObject, text: string): string => `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
  const publicKey = createPublicKey({ key: published, format: 'jwk' });

  const algorithms = ['none', 'None', 'NONE', 'nOnE', '', 'HS256', 'HS384', 'HS512', 'RS256', 'RS384', 'RS512', 'PS256', 'ES384', 'ES512', 'ES256K', 'EdDSA', 'es256', 'ES256 ', 'dir', 'A256GCM', null, 0, true, [], ['ES256'], {}];
  for (const alg of algorithms) {
    found.set(`alg ${JSON.stringify(alg)}, our signature`, `${encoded({ ...head, alg })}.${payload}.${signature}`);
    found.set(`alg ${JSON.stringify(alg)}, no signature`, `${encoded({ ...head, alg })}.${payload}.`);
  }
  const secrets = {
    jwk: JSON.stringify(published), pem: publicKey.export({ type: 'spki', format: 'pem' }) as string, der: publicKey.export({ type: 'spki', format: 'der' }),
    x: Buffer.from(published.x!, 'base64url'), kid: String(head['kid']), nothing: '', nul: Buffer.alloc(32),
  }; // prettier-ignore
  for (const [name, secret] of Object.entries(secrets)) {
    for (const [alg, hash] of [['HS256', 'sha256'], ['HS384', 'sha384'], ['HS512', 'sha512'], ['ES256', 'sha256']] as const) {
      const text = `${encoded({ ...head, alg })}.${payload}`;
      found.set(`HMAC as ${alg} by ${name}`, `${text}.${createHmac(hash, secret).update(text).digest('base64url')}`);
    }
  }
  const members: Record<string, unknown> = {
    jwk: strangers.publicKey.export({ format: 'jwk' }), jku: 'https://evil.example/jwks', x5u: 'https://evil.example/x', x5c: ['AAAA'], crit: ['exp'], b64: false, zip: 'DEF', enc: 'A256GCM', cty: 'JWT', iss: 'x', x5t: 'AAAA', nonce: '1', epk: {}, p2c: 1e9,
  }; // prettier-ignore
  for (const [name, value] of Object.entries(members)) {
    found.set(`a stranger’s key, ${name} in the header`, signedBy(strangers.privateKey, `${encoded({ ...head, [name]: value })}.${payload}`));
    found.set(`our signature, ${name} in the header`, `${encoded({ ...head, [name]: value })}.${payload}.${signature}`);
  }
  for (const kid of ['', 'x', null, 0, [], {}, '../../../dev/null', '/dev/null', "' OR 1=1 --", '\0', '*', '%00', `${String(head['kid'])} `, String(head['kid']).toUpperCase() + '_', 'x'.repeat(2_000), undefined]) {
    found.set(`a stranger’s key, kid ${JSON.stringify(kid)}`.slice(0, 80), signedBy(strangers.privateKey, `${encoded({ ...head, kid })}.${payload}`));
  }
  for (const typ of ['JWT', 'jwt', 'at+JWT', 'application/at+jwt', '', null, 'logout+jwt', 'dpop+jwt', undefined]) found.set(`typ ${String(typ)}`, `${encoded({ ...head, typ })}.${payload}.${signature}`);
  const changes: Record<string, readonly unknown[]> = {
    sub: [NOBODY, decoded(otherPayload)['sub'], '', null, 0, ['a'], `${String(claims['sub'])} `], jti: [decoded(otherPayload)['jti'], NOBODY, null], exp: [4_102_444_800, null, '4102444800', 1e300, -1, undefined],
    iat: [0, -1, 9e15], iss: ['https://evil.example', '', null, ['http://likeness.test']], aud: ['other', '', null, []], roles: [['admin'], 'admin'], scope: ['admin'], sid: [decoded(otherPayload)['sid'], null], nbf: [0, 9e12], admin: [true],
  }; // prettier-ignore
  for (const [claim, values] of Object.entries(changes)) {
    for (const value of values) {
      const text = encoded({ ...claims, [claim]: value });
      found.set(`${claim} ${JSON.stringify(value)}, our signature`, `${header}.${text}.${signature}`);
      found.set(`${claim} ${JSON.stringify(value)}, a stranger’s`, signedBy(strangers.privateKey, `${header}.${text}`));
    }
  }
  for (let at = 0; at < signature.length - 1; at += 2) found.set(`signature changed at ${at}`, `${header}.${payload}.${withOther(signature, at)}`);
  for (let at = 0; at < header.length; at += 7) found.set(`header changed at ${at}`, `${withOther(header, at)}.${payload}.${signature}`);
  for (let at = 0; at < payload.length; at += 17) found.set(`payload changed at ${at}`, `${header}.${withOther(payload, at)}.${signature}`);
  const bytes = Buffer.from(signature, 'base64url');
  const order = Buffer.from('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 'hex');
  const zero = Buffer.alloc(32);
  const one = Buffer.concat([Buffer.alloc(31), Buffer.of(1)]);
  const [r, s] = [bytes.subarray(0, 32), bytes.subarray(32)];
  for (const [name, parts] of Object.entries({ '0, 0': [zero, zero], 'r, 0': [r, zero], '0, s': [zero, s], 'n, n': [order, order], 'r, n': [r, order], '1, 1': [one, one], 's, r': [s, r], 'r alone': [r], 'r, s, 0': [r, s, zero], '0, r, s': [zero, r, s], nothing: [Buffer.of(0)], noise: [randomBytes(64)] })) {
    found.set(`signature ${name}`, `${header}.${payload}.${Buffer.concat(parts).toString('base64url')}`);
  }
  found.set('signature as DER', `${header}.${payload}.${Buffer.concat([Buffer.of(0x30, 0x44, 0x02, 0x20), r, Buffer.of(0x02, 0x20), s]).toString('base64url')}`);
  for (const [name, parts] of Object.entries({
    'other header': [otherHeader, payload, otherSignature], 'other payload': [header, otherPayload, signature], 'other signature': [header, payload, otherSignature], 'two parts': [header, payload], 'one part': [header], 'four parts': [header, payload, signature, signature],
    'five parts': [header, '', signature, payload, signature], reversed: [signature, payload, header], empty: ['', '', ''], 'no header': ['', payload, signature], 'no payload': [header, '', signature], 'header null': [encoded('null'), payload, signature], 'header list': [encoded('[]'), payload, signature],
    'header no JSON': [encoded('{'), payload, signature], 'payload no JSON': [header, encoded('{'), signature], padded: [`${header}=`, payload, signature], 'padded at its end': [header, payload, `${signature}==`], 'with a line break': [header, payload, `${signature}%0a`], 'in the plain alphabet': [header, payload, bytes.toString('base64')],
    doubled: [header, payload, signature + signature], 'loose bits': [header, payload, signature.slice(0, -1) + (signature.endsWith('A') ? 'B' : String.fromCharCode(signature.charCodeAt(signature.length - 1) + 1))],
  })) found.set(name, parts.join('.')); // prettier-ignore
  more.forEach((token, at) => found.set(`another kind of secret, ${at}`, token));
  return without(found, good, other);
};

/** Refresh tokens that we have not made. */
const refreshForgeries = (good: string, other: string, past: string, more: readonly string[]): Forgeries => {
  const found = new Map<string, string>();
  for (let at = 3; at < good.length; at += 1) found.set(`changed at ${at}`, withOther(good, at));
  for (let length = 0; length < good.length; length += 3) found.set(`cut to ${length}`, good.slice(0, length));
  for (let at = 8; at < good.length; at += 5) found.set(`the other’s from ${at} on`, good.slice(0, at) + other.slice(at));
  for (let at = 8; at < good.length; at += 9) found.set(`the earlier one’s from ${at} on`, good.slice(0, at) + past.slice(at));
  for (const bytes of [0, 1, 16, 32, 71, 72, 87, 88, 89, 104, 200, 4_000]) {
    found.set(`${bytes} bytes of noise`, `lr_${randomBytes(bytes).toString('base64url')}`);
    found.set(`${bytes} bytes of nothing`, `lr_${Buffer.alloc(bytes).toString('base64url')}`);
  }
  for (const [name, token] of Object.entries({
    'no prefix': good.slice(3), 'other prefix': `lk_${good.slice(3)}`, 'prefix twice': `lr_${good}`, 'capital prefix': `LR_${good.slice(3)}`, 'upper case': `lr_${good.slice(3).toUpperCase()}`, 'lower case': good.toLowerCase() === good ? `${good}a` : good.toLowerCase(), doubled: good + good, padded: `${good}=`, 'two pads': `${good}==`,
    'space before': ` ${good}`, 'space behind': `${good} `, 'line break': `${good}\n`, NUL: `${good}\0`, reversed: [...good].reverse().join(''), dotted: good.replace('_', '.'), empty: '', prefix: 'lr_', 'plain alphabet': `lr_${Buffer.from(good.slice(3), 'base64url').toString('base64')}`, null: 'null', unicode: 'lr_ａ', joined: `${good}.${other}`,
  })) if (token !== good) found.set(name, token); // prettier-ignore
  more.forEach((token, at) => found.set(`another kind of secret, ${at}`, token));
  return without(found, good, other, past);
};

describeOnEitherShape('tokens that somebody has forged', (shape) => {
  let service: BundledService;
  let ada: RegisteredUser;
  let bob: RegisteredUser;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
    [ada, bob] = [await registerUser(service.api), await registerUser(service.api)];
  });
  afterAll(() => service.stop());

  it('open nothing, and end nothing (access tokens)', async () => {
    const { keys } = (await service.api.get('/.well-known/jwks.json')).body as { keys: JsonWebKey[] };
    const forged = accessForgeries(ada.token, bob.token, keys[0]!, [ada.refreshToken, `lk_${randomBytes(40).toString('base64url')}`, ada.sessionId, ada.id, ada.password]);
    expect(forged.size).toBeGreaterThanOrEqual(137);
    for (const [name, token] of forged) {
      const { status, body } = await service.api.get('/v1/users/me', { headers: { authorization: `Bearer ${token}` } });
      expect([name, status, body.code]).toEqual([name, 401, expect.stringMatching(/^auth\.token_(malformed|missing)$/)]);
    }
    for (const { token, id } of [ada, bob]) expect((await service.api.get('/v1/users/me', { token })).body.id).toBe(id);
  });

  it('open nothing, and end nothing (refresh tokens)', async () => {
    const good = (await service.api.post('/v1/auth/refresh', { refreshToken: ada.refreshToken })).body as { refreshToken: string; accessToken: string };
    const forged = refreshForgeries(good.refreshToken, bob.refreshToken, ada.refreshToken, [ada.token, good.accessToken, `lk_${randomBytes(40).toString('base64url')}`, ada.sessionId, ada.password]);
    expect(forged.size).toBeGreaterThanOrEqual(241);
    for (const [name, refreshToken] of forged) {
      const { status, body } = await service.api.post('/v1/auth/refresh', { refreshToken });
      expect([name, status, body.code]).toEqual([name, expect.any(Number), expect.stringMatching(/^(auth\.token_malformed|request\.invalid)$/)]);
      const form = new URLSearchParams({ grant_type: 'refresh_token', refresh_token: refreshToken });
      expect([name, (await service.api.request('POST', '/oauth/token', { body: form.toString(), headers: { 'content-type': 'application/x-www-form-urlencoded' } })).body.error]).toEqual([name, expect.stringMatching(/^invalid_(grant|request)$/)]);
    }
    // A forgery is no reuse: the session and its token are what they were.
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: good.refreshToken })).status).toBe(200);
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: bob.refreshToken })).status).toBe(200);
  });
});
