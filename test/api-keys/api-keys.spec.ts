import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { checksumOf } from '../../src/modules/auth/codecs/checksum.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { makeKey, meBy, requestKey } from './api-keys-client.js';

describeOnEitherShape('API keys', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;
  let database: pg.Client;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
    admin = await registerUser(service.api);
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const list = async (owner: RegisteredUser, query = '') => (await service.api.get(`/v1/auth/api-keys${query}`, { token: owner.token })).body;
  const rotate = (owner: RegisteredUser, id: string, body?: object) => service.api.post(`/v1/auth/api-keys/${id}/rotate`, body, { token: owner.token });
  const revoked = [401, 'auth.token_revoked'];

  it('do not outlive a token without refresh that makes them, and neither do other tokens', async () => {
    const user = await registerUser(service.api);
    const issue = (token: string, ttlSeconds: number) => service.api.post(`/v1/users/${user.id}/tokens`, { ttlSeconds }, { token });
    const { accessToken: token, accessTokenExpiresAt } = (await issue(admin.token, 600)).body;
    const holder = { ...user, token };
    const later = new Date(Date.parse(accessTokenExpiresAt) + 1_000).toISOString();
    const refused = [403, 'auth.outlives_token'];
    for (const changes of [{}, { expiresAt: null }, { expiresAt: later }]) {
      const { status, body } = await requestKey(service.api, holder, ['users:read'], changes);
      expect([status, body.code]).toEqual(refused);
    }
    const within = await requestKey(service.api, holder, ['users:read'], { expiresAt: accessTokenExpiresAt });
    expect([within.status, within.body.expiresAt]).toEqual([201, accessTokenExpiresAt]);
    expect((await rotate(holder, within.body.id)).status).toBe(200);

    const endless = await makeKey(service.api, user, ['users:read']);
    const rotated = await rotate(holder, endless.id);
    expect([rotated.status, rotated.body.code]).toEqual(refused);
    expect((await rotate(user, endless.id)).status).toBe(200);

    const ofAdmin = (await service.api.post(`/v1/users/${admin.id}/tokens`, { ttlSeconds: 600 }, { token: admin.token })).body.accessToken as string;
    const longer = await issue(ofAdmin, 3_600);
    expect([longer.status, longer.body.code]).toEqual(refused);
    expect((await issue(ofAdmin, 60)).status).toBe(201);
  });

  it('shows the secret once, and afterwards what it is known by', async () => {
    const user = await registerUser(service.api);
    const made = await requestKey(service.api, user, ['users:write', 'users:read'], { name: 'nightly export' });
    expect(made.status).toBe(201);
    expect(made.headers.get('location')).toBe(`http://likeness.test/v1/auth/api-keys/${made.body.id}`);
    const { secret, ...shown } = made.body;
    expect(secret).toMatch(/^lk_[\w-]{22}_[\w-]{43}[0-9a-z]{6}$/);
    expect(shown).toMatchObject({ name: 'nightly export', prefix: secret.slice(0, 25), scopes: ['users:read', 'users:write'], expiresAt: null, lastUsedAt: null });
    expect(await list(user)).toEqual({ items: [shown], nextCursor: null });
    expect((await service.api.get(`/v1/auth/api-keys/${shown.id}`, { token: user.token })).body).toEqual(shown);
    const stored = await database.query<{ text: string }>("SELECT k::text || encode(s.digest, 'escape') AS text FROM api_keys k JOIN api_key_secrets s ON s.key_id = k.id");
    for (const { text } of stored.rows) expect(text).not.toContain(secret.slice(26));
  });

  it('speaks for its owner', async () => {
    const user = await registerUser(service.api);
    const { secret } = await makeKey(service.api, user, ['users:read']);
    const { status, body } = await service.api.get('/v1/users/me', { token: secret });
    expect([status, body.id]).toEqual([200, user.id]);
  });

  it('tells keys that are malformed, unknown, revoked and expired apart', async () => {
    const user = await registerUser(service.api);
    const { id, secret } = await makeKey(service.api, user, ['users:read']);
    const changed = `${secret.slice(0, 30)}${secret[30] === 'A' ? 'B' : 'A'}${secret.slice(31)}`;
    expect(await meBy(service.api, changed)).toEqual([401, 'auth.token_malformed']);
    for (const nonsense of ['lk_', 'lk_x', secret.toUpperCase(), `${secret}0`, `lk_${'a'.repeat(5000)}`]) {
      expect((await meBy(service.api, nonsense))[1]).toBe('auth.token_malformed');
    }
    // A right checksum is no secret: only the database can tell.
    const forged = changed.slice(0, -6);
    expect(await meBy(service.api, forged + checksumOf(forged))).toEqual([401, 'auth.token_unknown']);
    expect((await service.api.delete(`/v1/auth/api-keys/${id}`, { token: user.token })).status).toBe(204);
    expect(await meBy(service.api, secret)).toEqual(revoked);
    expect((await list(user)).items).toEqual([]);
    expect((await service.api.delete(`/v1/auth/api-keys/${id}`, { token: user.token })).body.code).toBe('auth.api_key_not_found');
    const refused = await service.api.get('/v1/users/me', { token: secret });
    expect(refused.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });

  it('ends at the moment it was given, by the clock of PostgreSQL', async () => {
    const user = await registerUser(service.api);
    const { rows } = await database.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    const expiresAt = new Date(rows[0]!.now.getTime() + 4_000).toISOString();
    const { secret } = await makeKey(service.api, user, ['users:read'], { expiresAt });
    expect((await list(user)).items[0].expiresAt).toBe(expiresAt);
    expect((await meBy(service.api, secret))[0]).toBe(200);
    await database.query("SELECT pg_sleep_until($1::timestamptz)", [expiresAt]);
    expect(await meBy(service.api, secret)).toEqual([401, 'auth.token_expired']);
    expect((await rotate(user, (await list(user)).items[0].id)).status).toBe(404);
  });

  it.each([
    [{ scopes: [] }], [{ scopes: ['users:all'] }], [{ scopes: ['users:read', 'users:read'] }], [{ scopes: 'users:read' }], [{ name: '' }], [{ name: ' ' }],
    [{ name: 'x'.repeat(101) }], [{ name: 'a\u202eb' }], [{ expiresAt: '2020-01-01T00:00:00Z' }], [{ expiresAt: '2999-01-01' }], [{ expiresAt: '2999-02-30T00:00:00Z' }],
    [{ expiresAt: '2999-01-01T00:00:00' }], [{ expiresAt: 4_102_444_800 }], [{ secret: 'lk_mine' }],
  ])('refuses to make %j', async (fault) => {
    const user = await registerUser(service.api);
    const { status, body } = await requestKey(service.api, user, ['users:read'], fault);
    expect([status, body.code]).toEqual([400, 'request.invalid']);
    expect(body.errors.map(({ field }: { field: string }) => field.replace(/\[.*/, ''))).toContain(Object.keys(fault)[0]);
  });

  it('writes its last use at most once a minute, however many use it at once', async () => {
    const user = await registerUser(service.api);
    const { id, secret } = await makeKey(service.api, user, ['users:read']);
    const usedAt = async (): Promise<string> => (await database.query<{ at: string }>('SELECT last_used_at::text AS at FROM api_keys WHERE id = $1', [id])).rows[0]!.at;
    await database.query('CREATE TABLE uses (id uuid)');
    await database.query('CREATE FUNCTION log_use() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO uses VALUES (NEW.id); RETURN NEW; END $$');
    await database.query('CREATE TRIGGER log_use AFTER UPDATE OF last_used_at ON api_keys FOR EACH ROW EXECUTE FUNCTION log_use()');
    await Promise.all(Array.from({ length: 20 }, () => meBy(service.api, secret)));
    expect((await database.query('SELECT 1 FROM uses WHERE id = $1', [id])).rowCount).toBe(1);
    const first = await usedAt();
    expect(Math.abs(Date.parse((await list(user)).items[0].lastUsedAt) - Date.now())).toBeLessThan(60_000);
    await meBy(service.api, secret);
    expect(await usedAt()).toBe(first);
    await database.query("UPDATE api_keys SET last_used_at = last_used_at - interval '30 seconds' WHERE id = $1", [id]);
    const almost = await usedAt();
    await meBy(service.api, secret);
    expect(await usedAt()).toBe(almost);
    await database.query("UPDATE api_keys SET last_used_at = last_used_at - interval '31 seconds' WHERE id = $1", [id]);
    await meBy(service.api, secret);
    expect(Date.parse(await usedAt())).toBeGreaterThan(Date.parse(first));
  });

  it('is rotated without a pause: the old secret works until its overlap ends', async () => {
    const user = await registerUser(service.api);
    const { id, secret: first } = await makeKey(service.api, user, ['users:read']);
    const second = (await rotate(user, id, { overlapSeconds: 4 })).body;
    expect(second.id).toBe(id);
    expect(Date.parse(second.previousSecretWorksUntil)).toBeGreaterThan(Date.now());
    for (const secret of [first, second.secret]) expect((await meBy(service.api, secret))[0]).toBe(200);
    // An answer that was lost is asked for again: nothing stops working earlier.
    const third = (await rotate(user, id)).body;
    for (const secret of [first, second.secret, third.secret]) expect((await meBy(service.api, secret))[0]).toBe(200);
    await database.query('SELECT pg_sleep_until($1::timestamptz)', [second.previousSecretWorksUntil]);
    expect(await meBy(service.api, first)).toEqual(revoked);
    const fourth = (await rotate(user, id, { overlapSeconds: 0 })).body;
    expect(fourth.previousSecretWorksUntil).toBeNull();
    for (const secret of [first, second.secret, third.secret]) expect(await meBy(service.api, secret)).toEqual(revoked);
    expect((await meBy(service.api, fourth.secret))[0]).toBe(200);
    for (const overlapSeconds of [-1, 0.5, 30 * 86_400 + 1, '1']) expect((await rotate(user, id, { overlapSeconds })).status).toBe(400);
  });

  it('shows and ends nobody else’s keys', async () => {
    const [user, other] = [await registerUser(service.api), await registerUser(service.api)];
    const { id, secret } = await makeKey(service.api, other, ['users:read']);
    for (const [method, path] of [['GET', ''], ['DELETE', ''], ['POST', '/rotate']] as const) {
      for (const { token } of [user, admin]) {
        const { status, body } = await service.api.request(method, `/v1/auth/api-keys/${id}${path}`, { token });
        expect([status, body.code]).toEqual([404, 'auth.api_key_not_found']);
      }
    }
    expect((await list(user)).items).toEqual([]);
    expect((await meBy(service.api, secret))[0]).toBe(200);
  });

  it('gives an account 50 live keys at most, in pages, however many ask at once', async () => {
    const user = await registerUser(service.api);
    const answers = await Promise.all(Array.from({ length: 53 }, (_, index) => requestKey(service.api, user, ['users:read'], { name: `key ${index}` })));
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(50);
    expect(new Set(answers.filter(({ status }) => status !== 201).map(({ body }) => body.code))).toEqual(new Set(['auth.api_key_limit']));
    const page = await list(user, '?limit=30');
    const rest = await list(user, `?limit=30&cursor=${page.nextCursor}`);
    expect([page.items.length, rest.items.length, rest.nextCursor]).toEqual([30, 20, null]);
    const ids = [...page.items, ...rest.items].map(({ id }: { id: string }) => id);
    expect(ids).toEqual([...ids].sort().reverse());
    await service.api.delete(`/v1/auth/api-keys/${ids[0]}`, { token: user.token });
    expect((await requestKey(service.api, user, ['users:read'])).status).toBe(201);
  });

  it('ends when its owner is disabled, for good, and when its owner is erased', async () => {
    const user = await registerUser(service.api);
    const { secret } = await makeKey(service.api, user, ['users:read']);
    const setDisabled = (disabled: boolean) => service.api.patch(`/v1/users/${user.id}`, { disabled }, { token: admin.token });
    expect((await setDisabled(true)).status).toBe(200);
    expect((await meBy(service.api, secret))[0]).toBe(401);
    expect((await setDisabled(false)).status).toBe(200);
    expect(await meBy(service.api, secret)).toEqual(revoked);
    const erased = await registerUser(service.api);
    const its = await makeKey(service.api, erased, ['users:read']);
    expect((await service.api.delete(`/v1/users/${erased.id}`, { token: admin.token })).status).toBe(204);
    expect(await meBy(service.api, its.secret)).toEqual([401, 'auth.token_unknown']);
    expect((await database.query('SELECT 1 FROM api_keys WHERE user_id = $1', [erased.id])).rowCount).toBe(0);
  });
});
