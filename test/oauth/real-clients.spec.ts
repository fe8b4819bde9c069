import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createServer, type AddressInfo } from 'node:net';
import * as oauth from 'oauth4webapi';
import { createApp } from '../../src/app/index.js';
import { SHAPES } from '../kit/service.js';
import { testConfig } from '../kit/config.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { testRedis, type TestRedis } from '../kit/redis.js';

const INSECURE = { [oauth.allowInsecureRequests]: true } as const;

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });

/** Clients as npm has them, against the service as it runs: at its own public URL. */
describe.each(SHAPES)('clients from npm, on %s', (shape) => {
  let database: TestDatabase;
  let redis: TestRedis | null;
  let app: NestFastifyApplication;
  let issuer: URL;
  let tokens: { accessToken: string; refreshToken: string };
  let key: string;
  let as: oauth.AuthorizationServer;

  const post = async <T>(path: string, body: object, token?: string): Promise<T> => {
    const headers = { 'content-type': 'application/json', ...(token !== undefined && { authorization: `Bearer ${token}` }) };
    return (await fetch(new URL(path, issuer), { method: 'POST', headers, body: JSON.stringify(body) })).json() as Promise<T>;
  };

  beforeAll(async () => {
    database = await withDatabase();
    redis = shape === 'PostgreSQL and Redis' ? await testRedis() : null;
    const port = await freePort();
    issuer = new URL(`http://127.0.0.1:${port}`);
    app = await createApp(testConfig({ DATABASE_URL: database.url, PUBLIC_URL: issuer.origin, PORT: String(port), ...(redis && { REDIS_URL: redis.url }) }));
    await app.listen(port, '127.0.0.1');
    ({ tokens } = await post<{ tokens: typeof tokens }>('/v1/auth/register', { email: 'ada@example.test', username: 'ada', password: 'correct horse battery' }));
    ({ secret: key } = await post<{ secret: string }>('/v1/auth/api-keys', { name: 'gateway', scopes: ['tokens:introspect', 'tokens:revoke'] }, tokens.accessToken));
    as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...INSECURE }));
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([database.drop(), redis?.close()]);
  });

  const refresh = async (refreshToken: string): Promise<oauth.TokenEndpointResponse> => {
    const client = { client_id: 'likeness' };
    const response = await oauth.refreshTokenGrantRequest(as, client, oauth.None(), refreshToken, INSECURE);
    return oauth.processRefreshTokenResponse(as, client, response);
  };
  const introspect = async (token: string, authentication: oauth.ClientAuth): Promise<oauth.IntrospectionResponse> => {
    const client = { client_id: 'gateway' };
    const response = await oauth.introspectionRequest(as, client, authentication, token, INSECURE);
    return oauth.processIntrospectionResponse(as, client, response);
  };

  it('find the endpoints by the metadata (RFC 8414)', () => {
    expect(as).toMatchObject({ issuer: issuer.origin, token_endpoint: `${issuer.origin}/oauth/token`, response_types_supported: [] });
  });

  it('oauth4webapi refreshes, introspects and revokes', async () => {
    const pair = await refresh(tokens.refreshToken);
    expect(pair).toMatchObject({ token_type: 'bearer', expires_in: 900 });
    for (const authentication of [oauth.ClientSecretBasic(key), oauth.ClientSecretPost(key)]) {
      expect(await introspect(pair.access_token, authentication)).toMatchObject({ active: true, username: 'ada', exp: decodeJwt(pair.access_token).exp });
    }
    const client = { client_id: 'gateway' };
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, client, oauth.ClientSecretBasic(key), pair.access_token, INSECURE));
    expect(await introspect(pair.access_token, oauth.ClientSecretBasic(key))).toEqual({ active: false });
    await oauth.processRevocationResponse(await oauth.revocationRequest(as, { client_id: 'likeness' }, oauth.None(), pair.refresh_token!, INSECURE));
    await expect(refresh(pair.refresh_token!)).rejects.toMatchObject({ error: 'invalid_grant', status: 400 });
    await expect(introspect(pair.access_token, oauth.ClientSecretBasic('wrong'))).rejects.toMatchObject({ status: 401 });
  });

  it('jose verifies access tokens by the published keys', async () => {
    const keys = createRemoteJWKSet(new URL(as.jwks_uri!));
    const { payload } = await jwtVerify(tokens.accessToken, keys, { issuer: as.issuer, typ: 'at+jwt', requiredClaims: ['sub', 'jti', 'sid', 'exp'] });
    expect(payload.client_id).toBe('likeness');
  });
});
