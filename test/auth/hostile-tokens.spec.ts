import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, jwtVerify, SignJWT, UnsecuredJWT } from 'jose';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

describeOnEitherShape('tokens that are not ours', (shape) => {
  let service: BundledService;
  let user: RegisteredUser;

  beforeAll(async () => {
    service = await startBundledService(shape);
    user = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  const refusal = async (token: string): Promise<[number, string]> => {
    const { status, body, headers } = await service.api.get('/v1/users/me', { token });
    expect(headers.get('www-authenticate')).toMatch(/^Bearer\b.*error="invalid_token"/);
    return [status, body.code];
  };
  const malformed = [401, 'auth.token_malformed'];

  it('verifies with the published key set, as any other service would', async () => {
    const jwks = await service.api.get('/.well-known/jwks.json');
    expect(jwks.headers.get('cache-control')).toBe('public, max-age=300');
    expect(JSON.stringify(jwks.body)).not.toMatch(/"d":/);
    const { payload, protectedHeader } = await jwtVerify(user.token, createLocalJWKSet(jwks.body), { typ: 'at+jwt', issuer: 'http://likeness.test' });
    expect(payload.sub).toBe(user.id);
    expect(protectedHeader.alg).toBe('ES256');
  });

  it('asks for a token where none was brought, without an error code (RFC 6750 §3.1)', async () => {
    const { status, body, headers } = await service.api.get('/v1/users/me');
    expect([status, body.code]).toEqual([401, 'auth.token_missing']);
    expect(headers.get('www-authenticate')).toBe('Bearer');
  });

  it('takes no token from the URL', async () => {
    const { status } = await service.api.get(`/v1/users/me?access_token=${user.token}`);
    expect(status).toBe(401);
  });

  it('refuses algorithm none', async () => {
    expect(await refusal(new UnsecuredJWT(decodeJwt(user.token)).encode())).toEqual(malformed);
    const header = { ...decodeProtectedHeader(user.token), alg: 'none' };
    expect(await refusal(`${base64url(header)}.${user.token.split('.')[1]}.`)).toEqual(malformed);
  });

  it('refuses the public key used as an HMAC secret', async () => {
    const { keys } = (await service.api.get('/.well-known/jwks.json')).body;
    const input = `${base64url({ ...decodeProtectedHeader(user.token), alg: 'HS256' })}.${user.token.split('.')[1]}`;
    const signature = createHmac('sha256', JSON.stringify(keys[0])).update(input).digest('base64url');
    expect(await refusal(`${input}.${signature}`)).toEqual(malformed);
  });

  it.each(['jwk', 'jku', 'x5u', 'x5c'])('refuses another’s key, named in the header as %s', async (member) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256');
    const values: Record<string, unknown> = { jwk: await exportJWK(publicKey), jku: 'https://evil.example/jwks', x5u: 'https://evil.example/cert', x5c: ['AAAA'] };
    const header = { ...decodeProtectedHeader(user.token), alg: 'ES256', [member]: values[member] };
    expect(await refusal(await new SignJWT(decodeJwt(user.token)).setProtectedHeader(header as never).sign(privateKey))).toEqual(malformed);
  });

  it('refuses another’s key under our key id', async () => {
    const { privateKey } = await generateKeyPair('ES256');
    const header = decodeProtectedHeader(user.token) as never;
    expect(await refusal(await new SignJWT(decodeJwt(user.token)).setProtectedHeader(header).sign(privateKey))).toEqual(malformed);
  });

  it('refuses a changed payload, header or signature', async () => {
    const [header, payload, signature] = user.token.split('.') as [string, string, string];
    const elevated = base64url({ ...decodeJwt(user.token), sub: '00000000-0000-7000-8000-000000000000' });
    for (const token of [`${header}.${elevated}.${signature}`, `${header}.${payload}.${signature.slice(0, -2)}AA`, `${header}.${payload}`, `${header}.${payload}.`]) {
      expect(await refusal(token)).toEqual(malformed);
    }
  });

  it('refuses a second spelling of a good token', async () => {
    const [header, payload, signature] = user.token.split('.') as [string, string, string];
    for (const token of [`${user.token}=`, `${header}.${payload}=.${signature}`, `${header}.${payload}.${signature.replaceAll('-', '+').replaceAll('_', '/')}=`]) {
      expect(await refusal(token)).toEqual(malformed);
    }
  });

  it('refuses a token of 10,000 characters, and what is no token at all', async () => {
    for (const token of ['x', 'x'.repeat(10_000), `${'e'.repeat(3000)}.${'e'.repeat(3000)}.${'e'.repeat(3000)}`, '..', 'null', 'lr_abc']) {
      expect(await refusal(token)).toEqual(malformed);
    }
  });

  it('refuses a good token of an account that never existed here as unknown', async () => {
    const other = await startBundledService(shape);
    try {
      const stranger = await registerUser(other.api);
      expect((await refusal(stranger.token))[0]).toBe(401);
    } finally {
      await other.stop();
    }
  });
}, 'PostgreSQL alone');
