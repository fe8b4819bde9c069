import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify, customFetch } from 'jose';
import pg from 'pg';
import { SigningKeyLedger, SigningKeyRotation } from '../../src/modules/auth/index.js';
import { registerUser, type Api, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startService, type TestService } from '../kit/service.js';

const kidOf = (token: string): string => decodeProtectedHeader(token).kid!;

describeOnEitherShape('signing keys', (shape) => {
  let service: TestService;
  let database: pg.Client;
  let user: RegisteredUser;

  beforeAll(async () => {
    service = await startService(shape, { RATE_LIMITS: 'off', SIGNING_KEY_ROTATION_DAYS: '30', SIGNING_KEY_LEAD_SECONDS: '900' }, 2);
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    user = await registerUser(service.api);
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  /** As if so much time had passed for the keys. */
  const age = (seconds: number): Promise<unknown> =>
    database.query(`UPDATE signing_keys SET active_from = active_from - make_interval(secs => $1), tokens_until = tokens_until - make_interval(secs => $1)`, [seconds]);
  const pass = (): Promise<void[]> => Promise.all(service.instances.map((instance) => instance.app.get(SigningKeyRotation).run()));
  const published = async (api: Api = service.api): Promise<string[]> => (await api.get('/.well-known/jwks.json')).body.keys.map((key: { kid: string }) => key.kid);
  const login = async (api: Api): Promise<string> => (await api.post('/v1/auth/login', { identifier: user.username, password: user.password })).body.accessToken;
  const states = async (): Promise<Record<string, string>> =>
    Object.fromEntries((await service.api.app.get(SigningKeyLedger).all()).map((key) => [key.kid, key.state]));

  it('makes one key, however many instances start at once', async () => {
    expect(Object.values(await states())).toEqual(['active']);
    expect(await published(service.instances[1])).toEqual(await published());
  });

  it('rotates when a key is due, exactly one instance does, and no verification by jose ever fails', async () => {
    const { api, instances } = service;
    const first = kidOf(user.token);
    let fetches = 0;
    const jwks = createRemoteJWKSet(new URL(`${api.url}/.well-known/jwks.json`), {
      [customFetch]: (...args: Parameters<typeof fetch>) => { fetches += 1; return fetch(...args); },
    });
    const verifies = async (token: string): Promise<string> => (await jwtVerify(token, jwks, { typ: 'at+jwt' })).protectedHeader.kid!;
    expect(await verifies(user.token)).toBe(first);

    await age(30 * 86_400 - 960); // the key is some seconds old already
    await pass();
    expect(await published()).toEqual([first]);
    await age(61);
    await pass();
    await pass();
    const next = (await published()).find((kid) => kid !== first)!;
    expect(await states()).toEqual({ [first]: 'active', [next]: 'pending' });
    expect(new Set(await published(instances[1]))).toEqual(new Set([first, next]));
    for (const instance of instances) expect(await verifies(await login(instance))).toBe(first);

    // A verifier that has read the key set during the lead time needs no other read when the key begins to sign.
    const lead = await database.query('SELECT extract(epoch FROM active_from - clock_timestamp())::int AS seconds FROM signing_keys WHERE kid = $1', [next]);
    expect(lead.rows[0].seconds).toBeGreaterThan(880);
    await jwks.reload();
    const before = fetches;
    const old = await login(api);
    await age(900);
    await pass();
    for (const instance of instances) expect(await verifies(await login(instance))).toBe(next);
    expect(await verifies(old)).toBe(first);
    expect(fetches).toBe(before);
    expect(await states()).toEqual({ [first]: 'retired', [next]: 'active' });
    expect((await instances[1]!.get('/v1/users/me', { token: old })).status).toBe(200);
  });

  it('switches by the clock of the database, with no reload in between', async () => {
    await service.api.app.get(SigningKeyLedger).rotate();
    const [next] = Object.entries(await states()).find(([, state]) => state === 'pending')!;
    const { rows } = await database.query('SELECT extract(epoch FROM active_from - clock_timestamp()) AS seconds FROM signing_keys WHERE kid = $1', [next]);
    await age(Math.floor(Number(rows[0].seconds)) - 1);
    await pass();
    expect(kidOf(await login(service.api))).not.toBe(next);
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect(kidOf(await login(service.api))).toBe(next);
    expect(kidOf(await login(service.instances[1]!))).toBe(next);
  });

  it('keeps a retired key until the last token that it signed has expired, be that in a year, and then not', async () => {
    const admin = service.api.app.get(SigningKeyLedger);
    const [active] = Object.entries(await states()).find(([, state]) => state === 'active')!;
    const issued = await service.instances[1]!.post(`/v1/users/${user.id}/tokens`, { ttlSeconds: 31_536_000 }, { token: await login(service.api) });
    expect(issued.status).toBe(201);
    expect(kidOf(issued.body.accessToken)).toBe(active);

    await admin.rotate();
    await age(900 + 86_400);
    await pass();
    expect((await states())[active]).toBe('retired');
    expect(Object.values(await states()).filter((state) => state === 'gone')).toHaveLength(2);
    expect(await published()).toContain(active);
    expect((await service.api.get('/v1/users/me', { token: issued.body.accessToken })).status).toBe(200);

    await age(31_536_000 - 86_400);
    await pass();
    expect((await states())[active]).toBe('gone');
    expect(await published()).not.toContain(active);
  });

  it('erases the private half of what is gone', async () => {
    await pass();
    await service.api.app.get(SigningKeyLedger).rotate().catch(() => undefined);
    const gone = Object.entries(await states()).filter(([, state]) => state === 'gone').map(([kid]) => kid);
    const { rows } = await database.query('SELECT octet_length(sealed_private_key) AS bytes FROM signing_keys WHERE kid = ANY($1)', [gone]);
    expect(rows.length).toBeGreaterThan(0);
    expect(new Set(rows.map(({ bytes }) => bytes))).toEqual(new Set([28]));
  });

  it('refuses what a withdrawn key signed on every instance, remembered signatures too, and signs with another at once', async () => {
    const token = await login(service.api);
    for (const instance of service.instances) expect((await instance.get('/v1/users/me', { token })).status).toBe(200);
    await service.api.app.get(SigningKeyLedger).withdraw(kidOf(token));
    await pass();
    for (const instance of service.instances) {
      const { status, body } = await instance.get('/v1/users/me', { token });
      expect([status, body.code]).toEqual([401, 'auth.token_malformed']);
      expect(await published(instance)).not.toContain(kidOf(token));
      const fresh = await login(instance);
      expect(kidOf(fresh)).not.toBe(kidOf(token));
      expect((await instance.get('/v1/users/me', { token: fresh })).status).toBe(200);
    }
    expect((await states())[kidOf(token)]).toBe('withdrawn');
  });

  it('never signs with a key that was withdrawn behind its back', async () => {
    const before = kidOf(await login(service.instances[1]!));
    // Straight in the database, and nobody reads the keys anew; the next write about the key finds out.
    await service.api.app.get(SigningKeyLedger).rotate().catch(() => undefined);
    await database.query('UPDATE signing_keys SET active_from = clock_timestamp() WHERE active_from > clock_timestamp()');
    await database.query('UPDATE signing_keys SET withdrawn_at = clock_timestamp() WHERE kid = $1', [before]);
    const token = await login(service.instances[0]!);
    const issued = await service.instances[1]!.post(`/v1/users/${user.id}/tokens`, { ttlSeconds: 30_000_000 }, { token });
    expect(issued.status === 201 ? kidOf(issued.body.accessToken) : issued.status).not.toBe(before);
  });
});
