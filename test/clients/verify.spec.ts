import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import express from 'express';
import fastify from 'fastify';
import type { AddressInfo } from 'node:net';
import { CompactSign, exportJWK, generateKeyPair, decodeJwt, decodeProtectedHeader, SignJWT, UnsecuredJWT } from 'jose';
import pg from 'pg';
import { introspectionVerifier, keySetVerifier, type Caller, type TokenVerifier } from '../../clients/verify/src/index.js';
import * as forExpress from '../../clients/verify/src/express.js';
import * as forFastify from '../../clients/verify/src/fastify.js';
import { TokenCaller, TokenGuard } from '../../clients/verify/src/nest.js';
import { SigningKeyLedger, SigningKeyRotation } from '../../src/modules/auth/index.js';
import { makeKey } from '../api-keys/api-keys-client.js';
import { eventually } from '../kit/eventually.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { startService, type TestService } from '../kit/service.js';

const ISSUER = 'http://likeness.test';
const NOWHERE = 'http://127.0.0.1:1';

interface Resource {
  readonly url: string;
  close(): Promise<unknown>;
}

/** One route behind the verifier, and one for administrators, under each of the three frameworks. */
const RESOURCES: Record<string, (verifier: TokenVerifier) => Promise<Resource>> = {
  Express: async (verifier) => {
    const app = express();
    app.get('/', forExpress.requireToken({ verifier }), (request, response) => void response.json(forExpress.callerOf(request)));
    app.get('/admin', forExpress.requireToken({ verifier, role: 'admin' }), (_request, response) => void response.json({}));
    const server = app.listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => new Promise((resolve) => server.close(resolve)) };
  },
  Fastify: async (verifier) => {
    const app = fastify();
    app.get('/', { onRequest: forFastify.requireToken({ verifier }) }, async (request) => forFastify.callerOf(request));
    app.get('/admin', { onRequest: forFastify.requireToken({ verifier, role: 'admin' }) }, async () => ({}));
    return { url: await app.listen({ port: 0, host: '127.0.0.1' }), close: () => app.close() };
  },
  Nest: async (verifier) => {
    @Controller()
    class ResourceController {
      @Get()
      @UseGuards(new TokenGuard({ verifier }))
      whole(@TokenCaller() caller: Caller): Caller {
        return caller;
      }

      @Get('admin')
      @UseGuards(new TokenGuard({ verifier, role: 'admin' }))
      admin(): object {
        return {};
      }
    }
    @Module({ controllers: [ResourceController] })
    class ResourceModule {}
    const app = await NestFactory.create<NestFastifyApplication>(ResourceModule, new FastifyAdapter(), { logger: false });
    await app.listen(0, '127.0.0.1');
    return { url: `http://127.0.0.1:${(app.getHttpServer().address() as AddressInfo).port}`, close: () => app.close() };
  },
};

describe('tokens checked by another service', () => {
  let service: TestService;
  let admin: RegisteredUser;
  let user: RegisteredUser;
  let apiKey: string;

  beforeAll(async () => {
    service = await startService('PostgreSQL and Redis', { RATE_LIMITS: 'off' });
    admin = await registerUser(service.api);
    user = await registerUser(service.api);
    apiKey = (await makeKey(service.api, admin, ['tokens:introspect'])).secret;
  });
  afterAll(() => service.stop());

  const byKeys = (more: object = {}): TokenVerifier => keySetVerifier({ issuer: ISSUER, jwksUrl: `${service.api.url}/.well-known/jwks.json`, ...more });
  const byAsking = (more: object = {}): TokenVerifier => introspectionVerifier({ issuer: ISSUER, introspectionUrl: `${service.api.url}/oauth/introspect`, apiKey, ...more });
  const refusal = async (verifier: TokenVerifier, token: string): Promise<unknown> => verifier.verify(token).then(() => 'let in', (error: { status: number; code: string }) => [error.status, error.code]);
  const login = async ({ username, password }: RegisteredUser): Promise<string> => (await service.api.post('/v1/auth/login', { identifier: username, password })).body.accessToken;

  describe.each(Object.keys(RESOURCES))('under %s', (framework) => {
    it('lets in who has a token, tells who it is, and answers others as RFC 6750 says', async () => {
      const resource = await RESOURCES[framework]!(byKeys());
      const get = async (path: string, token?: string) => {
        const response = await fetch(resource.url + path, { headers: token === undefined ? {} : { authorization: `Bearer ${token}` } });
        return { status: response.status, challenge: response.headers.get('www-authenticate'), type: response.headers.get('content-type')?.split(';')[0], body: await response.json() };
      };
      expect(await get('/', user.token)).toMatchObject({ status: 200, body: { userId: user.id, sessionId: user.sessionId, roles: [], platform: 'other' } });
      expect(await get('/')).toMatchObject({ status: 401, challenge: 'Bearer', type: 'application/problem+json', body: { code: 'auth.token_missing' } });
      expect(await get(`/?access_token=${user.token}`)).toMatchObject({ status: 401 });
      expect(await get('/', 'nonsense')).toMatchObject({ status: 401, challenge: 'Bearer error="invalid_token"', body: { code: 'auth.token_invalid' } });
      expect(await get('/admin', user.token)).toMatchObject({ status: 403, challenge: 'Bearer error="insufficient_scope"', body: { code: 'auth.forbidden' } });
      expect(await get('/admin', admin.token)).toMatchObject({ status: 200 });
      await resource.close();
    });

    it('lets nobody in, and says 503 with Retry-After, when the issuer cannot be asked', async () => {
      for (const verifier of [byKeys({ jwksUrl: NOWHERE }), byAsking({ introspectionUrl: NOWHERE }), byAsking({ apiKey: 'lk_nonsense' })]) {
        const resource = await RESOURCES[framework]!(verifier);
        const response = await fetch(resource.url, { headers: { authorization: `Bearer ${user.token}` } });
        expect([response.status, response.headers.get('retry-after'), (await response.text()).includes('auth.issuer_unavailable')]).toEqual([503, '1', true]);
        await resource.close();
      }
    });
  });

  it('refuses tokens that are not ours', async () => {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const strangers = await generateKeyPair('ES256', { extractable: true });
    const [claims, header] = [decodeJwt(user.token), decodeProtectedHeader(user.token)];
    const sign = (more: object, payload: object = claims): Promise<string> => new SignJWT({ ...payload }).setProtectedHeader({ ...header, alg: 'ES256', ...more }).sign(privateKey);
    const [head, body, signature] = user.token.split('.');
    const hostile: Record<string, string> = {
      'algorithm none': new UnsecuredJWT(claims).encode(),
      'signed by a stranger under our key id': await sign({}),
      'a key of its own in the header': await sign({ jwk: await exportJWK(strangers.publicKey) }),
      'an address of keys in the header': await sign({ jku: 'https://evil.example/jwks.json' }),
      'an unknown key': await sign({ kid: 'nobody' }),
      'other claims under our signature': `${head}.${Buffer.from(JSON.stringify({ ...claims, roles: ['admin'] })).toString('base64url')}.${signature}`,
      'no signature': `${head}.${body}.`,
      'a refresh token': user.refreshToken,
      'an API key': apiKey,
      'much too long': 'a'.repeat(100_000),
      'nothing': '',
    };
    for (const [what, token] of Object.entries(hostile)) {
      for (const verifier of [byKeys(), byAsking()]) expect([what, await refusal(verifier, token)]).toEqual([what, [401, 'auth.token_invalid']]);
    }
  });

  // The audience is the issuer unless it is given: by itself it would hide that nobody looks at `iss`.
  it.each([['another issuer', { issuer: 'https://other.example', audience: ISSUER }], ['another audience', { audience: 'https://other.example' }]])('refuses tokens that are for %s', async (_what, more) => {
    for (const verifier of [byKeys(more), byAsking(more)]) expect(await refusal(verifier, user.token)).toEqual([401, 'auth.token_invalid']);
  });

  it.each([
    ['no issuer', {}],
    ['another issuer', { iss: 'https://other.example' }],
    ['an issuer that only begins like ours', { iss: `${ISSUER}/` }],
    ['ours among several issuers', { iss: [ISSUER] }],
  ])('refuses what an introspection says is active and of %s', async (_what, issuer) => {
    const answer = { active: true, token_type: 'Bearer', sub: user.id, exp: 4_102_444_800, aud: ISSUER };
    const told = (more: object): TokenVerifier => byAsking({ fetch: async () => Response.json({ ...answer, ...more }) });
    expect(await refusal(told({ iss: ISSUER }), user.token)).toBe('let in');
    expect(await refusal(told(issuer), user.token)).toEqual([401, 'auth.token_invalid']);
  });

  it.each<[string, string]>([
    ['a number', '"sub":7,"exp":4102444800'],
    ['nobody', '"sub":"","exp":4102444800'],
    ['somebody for ever', '"sub":"u","exp":1e400'],
    ['somebody until no day that there is', '"sub":"u","exp":1e15'],
  ])('refuses claims of %s, though the issuer says them', async (_what, claims) => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const verifier = byKeys({ fetch: async () => Response.json({ keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256' }] }) });
    const signed = async (said: string): Promise<string> => {
      const json = `{${said},"iss":"${ISSUER}","aud":"${ISSUER}","iat":1,"jti":"j"}`;
      return new CompactSign(Buffer.from(json)).setProtectedHeader({ alg: 'ES256', kid: 'k', typ: 'at+jwt' }).sign(privateKey);
    };
    expect(await refusal(verifier, await signed('"sub":"u","exp":4102444800'))).toBe('let in');
    expect(await refusal(verifier, await signed(claims))).toEqual([401, 'auth.token_invalid']);
    const told = byAsking({ fetch: async () => new Response(`{"active":true,"token_type":"Bearer","iss":"${ISSUER}","aud":"${ISSUER}",${claims}}`) });
    expect(await refusal(told, user.token)).toEqual([401, 'auth.token_invalid']);
  });

  it('refuses other spellings of a signature, as the service does', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const last = alphabet.indexOf(user.token.at(-1)!);
    const spare = user.token.slice(0, -1) + alphabet[last + 1]!;
    expect(Buffer.from(spare.split('.')[2]!, 'base64url')).toEqual(Buffer.from(user.token.split('.')[2]!, 'base64url'));
    for (const verifier of [byKeys(), byAsking()]) expect(await refusal(verifier, spare)).toEqual([401, 'auth.token_invalid']);
  });

  it('goes by the good keys of a set with bad ones in it, and refuses a token that names a bad one', async () => {
    const bad = [null, 'x', {}, { kty: 'EC', kid: 'bad', alg: 'ES256', crv: 'P-256', x: 'AA', y: 'AA' }, { kty: 'oct', kid: 'oct', k: 'AA' }];
    const verifier = byKeys({ fetch: async (url: string, init: RequestInit) => Response.json({ keys: [...bad, ...((await (await fetch(url, init)).json()) as { keys: object[] }).keys] }) });
    expect(await refusal(verifier, user.token)).toBe('let in');
    const { privateKey } = await generateKeyPair('ES256');
    const named = await new SignJWT(decodeJwt(user.token)).setProtectedHeader({ alg: 'ES256', kid: 'bad', typ: 'at+jwt' }).sign(privateKey);
    expect(await refusal(verifier, named)).toEqual([401, 'auth.token_invalid']);
  });

  it('refuses a token signed as another kind of token (RFC 9068), whoever signed it', async () => {
    const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
    const answer = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'ES256', use: 'sig' }] };
    const verifier = byKeys({ fetch: async () => Response.json(answer) });
    const sign = (typ: string): Promise<string> => new SignJWT({ ...decodeJwt(user.token) }).setProtectedHeader({ alg: 'ES256', kid: 'k', typ }).sign(privateKey);
    expect(await refusal(verifier, await sign('at+jwt'))).toBe('let in');
    expect(await refusal(verifier, await sign('JWT'))).toEqual([401, 'auth.token_invalid']);
  });

  it('sees a revocation at once by asking, within the age of its cache when it has one, and by keys only when the token expires', async () => {
    const token = await login(user);
    const short = (await service.api.post(`/v1/users/${user.id}/tokens`, { ttlSeconds: 3 }, { token: admin.token })).body.accessToken;
    const [asking, cached, keys] = [byAsking(), byAsking({ cache: { maxAgeMs: 1_000, maxTokens: 100 } }), byKeys()];
    for (const verifier of [asking, cached, keys]) expect(await refusal(verifier, token)).toBe('let in');
    await service.api.post('/v1/auth/logout-all', {}, { token });
    expect(await refusal(asking, token)).toEqual([401, 'auth.token_invalid']);
    expect(await refusal(keys, token)).toBe('let in');
    await eventually('the cached answer has aged', async () => (await refusal(cached, token)) !== 'let in');
    await eventually('the short token has expired', async () => (await refusal(keys, short)) !== 'let in');
    expect(await refusal(keys, short)).toEqual([401, 'auth.token_expired']);
  });

  it('goes on through a rotation of keys, and does not read the key set for every unknown key', async () => {
    let reads = 0;
    const keys = byKeys({ cooldownSeconds: 0, fetch: (url: string, init: RequestInit) => { reads += 1; return fetch(url, init); } });
    const cool = byKeys({ fetch: (url: string, init: RequestInit) => { reads += 1; return fetch(url, init); } });
    const other = await registerUser(service.api);
    expect(await refusal(keys, other.token)).toBe('let in');
    const { kid } = await service.api.app.get(SigningKeyLedger).rotate();
    // As if the time for which a key is published before it signs had passed.
    const database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    await database.query('UPDATE signing_keys SET active_from = active_from - make_interval(secs => 3600)');
    await database.end();
    await service.api.app.get(SigningKeyRotation).run();
    const fresh = await login(other);
    expect(decodeProtectedHeader(fresh).kid).toBe(kid);
    expect(await refusal(keys, other.token)).toBe('let in');
    expect(await refusal(keys, fresh)).toBe('let in');
    await service.api.app.get(SigningKeyLedger).withdraw(decodeProtectedHeader(other.token).kid!);
    await service.api.app.get(SigningKeyRotation).run();
    expect(await refusal(byAsking(), other.token)).toEqual([401, 'auth.token_invalid']);
    expect(await refusal(byKeys(), other.token)).toEqual([401, 'auth.token_invalid']);
    reads = 0;
    const unknown = await new SignJWT({ ...decodeJwt(fresh) }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'nobody' }).sign((await generateKeyPair('ES256')).privateKey);
    for (let count = 0; count < 20; count++) expect(await refusal(cool, unknown)).toEqual([401, 'auth.token_invalid']);
    expect(reads).toBe(1);
  });
});
