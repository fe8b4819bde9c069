import { describe, expect, it } from '@jest/globals';
import { readJwsHeader } from './jws-shape.js';

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const token = (header: unknown, payload: unknown = {}, signature = 'c2lnbmF0dXJl'): string => `${part(header)}.${part(payload)}.${signature}`;
const good = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };

describe('readJwsHeader', () => {
  it('reads the algorithm and the key id of a token of our making', () => {
    expect(readJwsHeader(token(good))).toEqual({ alg: 'ES256', kid: 'k1' });
  });

  it.each([
    ['an ID token', { ...good, typ: 'JWT' }],
    ['no typ', { alg: 'ES256', kid: 'k1' }],
    ['no kid', { alg: 'ES256', typ: 'at+jwt' }],
    ['a key in the header (jwk)', { ...good, jwk: {} }],
    ['a key set elsewhere (jku)', { ...good, jku: 'https://evil.example' }],
    ['a certificate elsewhere (x5u)', { ...good, x5u: 'https://evil.example' }],
    ['an extension that must be understood (crit)', { ...good, crit: ['b64'] }],
    ['a header that is no object', 'at+jwt'],
    ['a null header', null],
  ])('refuses %s', (_what, header) => {
    expect(readJwsHeader(token(header))).toBeNull();
  });

  it('refuses every other spelling of the same bytes', () => {
    const [header, payload, signature] = token(good).split('.') as [string, string, string];
    // 'c2lnbmF0dXJl' has no spare bits; 'c2lnbmF0dXJlcw' has, and 'c2lnbmF0dXJlcx' decodes to the same bytes.
    expect(readJwsHeader(`${header}.${payload}.c2lnbmF0dXJlcw`)).not.toBeNull();
    expect(readJwsHeader(`${header}.${payload}.c2lnbmF0dXJlcx`)).toBeNull();
    expect(readJwsHeader(`${header}.${payload}.${signature}=`)).toBeNull();
    expect(readJwsHeader(`${header}.${payload}.+/${signature}`)).toBeNull();
  });

  it.each(['', '.', '..', 'a.b', 'a.b.c.d', `${'A'.repeat(5000)}.e30.AAAA`, `${part(good)}..c2ln`, `${part(good)}.e30.`])('refuses a text of another shape', (text) => {
    expect(readJwsHeader(text)).toBeNull();
  });
});
