import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import pg from 'pg';
import { SigningKeyLedger, SigningKeyRotation } from '../../src/modules/auth/index.js';
import { Api, registerUser } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';

const pem = (type: 'ec' | 'rsa' = 'ec'): string => {
  const { privateKey } = type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
};
const kidOf = (token: string): string => decodeProtectedHeader(token).kid!;

describe('keys that an operator gives, or seals', () => {
  let database: TestDatabase;
  let apis: Api[] = [];

  const start = async (settings: Parameters<typeof testConfig>[0] = {}): Promise<Api> => {
    const api = await Api.start(testConfig({ DATABASE_URL: database.url, ...settings }));
    apis.push(api);
    return api;
  };
  const states = async (api: Api): Promise<string[]> => (await api.app.get(SigningKeyLedger).all()).map(({ state }) => state);
  const inDatabase = async (statement: string): Promise<Record<string, unknown>[]> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      return (await client.query(statement)).rows as Record<string, unknown>[];
    } finally {
      await client.end();
    }
  };

  beforeEach(async () => { database = await withDatabase(); });
  afterEach(async () => {
    await Promise.all(apis.map((api) => api.close()));
    apis = [];
    await database.drop();
  });
  afterAll(() => undefined);

  it('signs with the given key, from a file too, and stores nothing of its private half', async () => {
    const key = pem();
    const config = testConfig();
    const file = join(config.dataDir, 'signing.pem');
    writeFileSync(file, key);
    const api = await Api.start(testConfig({ DATABASE_URL: database.url, SIGNING_KEY_FILE: file } as never));
    apis.push(api);
    const user = await registerUser(api);
    expect((await api.get('/.well-known/jwks.json')).body.keys.map((jwk: { kid: string }) => jwk.kid)).toEqual([kidOf(user.token)]);
    expect((await api.get('/v1/users/me', { token: user.token })).status).toBe(200);
    expect(await inDatabase('SELECT octet_length(sealed_private_key) AS bytes FROM signing_keys')).toEqual([{ bytes: 28 }]);
    await expect(api.app.get(SigningKeyLedger).rotate()).rejects.toMatchObject({ code: 'keys.given' });
  });

  it('publishes a second one, which signs after the lead time', async () => {
    const [one, two] = [pem(), pem()];
    const first = await start({ SIGNING_KEY: one });
    const before = await registerUser(first);
    await first.close();
    const second = await start({ SIGNING_KEY: `${one}${two}` });
    expect((await states(second)).sort()).toEqual(['active', 'pending']);
    expect(kidOf((await registerUser(second)).token)).toBe(kidOf(before.token));
    await inDatabase(`UPDATE signing_keys SET active_from = active_from - interval '1 hour'`);
    await second.app.get(SigningKeyRotation).run();
    expect(kidOf((await registerUser(second)).token)).not.toBe(kidOf(before.token));
    expect((await second.get('/v1/users/me', { token: before.token })).status).toBe(200);
  });

  it('goes on when the only key was replaced, and back again; tokens of each verify', async () => {
    const tokens: string[] = [];
    const [one, two] = [pem().replaceAll('\n', '\\n'), pem()];
    for (const settings of [{}, { SIGNING_KEY: one }, { SIGNING_KEY: two }, { SIGNING_KEY: one }, {}]) {
      const api = await start(settings);
      tokens.push((await registerUser(api)).token);
      for (const token of tokens) expect((await api.get('/v1/users/me', { token })).status).toBe(200);
      await api.close();
    }
  });

  it('changes the algorithm with no token refused', async () => {
    const es256 = await start();
    const old = await registerUser(es256);
    await es256.close();
    const rs256 = await start({ TOKEN_ALGORITHM: 'RS256' });
    const fresh = await registerUser(rs256);
    expect([decodeProtectedHeader(old.token).alg, decodeProtectedHeader(fresh.token).alg]).toEqual(['ES256', 'RS256']);
    for (const { token } of [old, fresh]) expect((await rs256.get('/v1/users/me', { token })).status).toBe(200);
  });

  it('does not start with another MASTER_KEY than the keys were sealed under, and says so', async () => {
    await (await start()).close();
    const started = start({ MASTER_KEY: Buffer.alloc(32, 9).toString('base64') });
    await expect(started).rejects.toThrow(/Signing key .* cannot be opened: MASTER_KEY is not the one it was stored under/);
  });

  it('does not take a key that was put in the place of another in the database', async () => {
    const api = await start();
    await api.close();
    const [{ public_jwk: jwk }] = (await inDatabase('SELECT public_jwk FROM signing_keys')) as [{ public_jwk: object }];
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await inDatabase(`UPDATE signing_keys SET public_jwk = '${JSON.stringify({ ...jwk, ...publicKey.export({ format: 'jwk' }) })}'`);
    const again = await start();
    const { keys } = (await again.get('/.well-known/jwks.json')).body;
    expect(keys[0].x).toBe((jwk as { x: string }).x);
  });

  it.each([
    ['no key', 'nonsense'],
    ['a key of the other algorithm', pem('rsa')],
    ['a key of another curve', generateKeyPairSync('ec', { namedCurve: 'P-384' }).privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['a public key', generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({ type: 'spki', format: 'pem' }).toString()],
  ])('refuses %s, and never prints it', (_name, value) => {
    expect(() => testConfig({ SIGNING_KEY: value })).toThrow(/SIGNING_KEY/);
    try {
      testConfig({ SIGNING_KEY: value });
    } catch (error) {
      expect(String(error)).not.toContain(value.slice(30, 60) || value);
    }
  });
});
