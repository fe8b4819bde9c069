import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { registerUser, type ApiClient, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';

interface Creation {
  readonly name: string;
  readonly callers: number;
  readonly path: () => string;
  readonly body: (tag: string) => object;
  /** What is there of it now. */
  readonly count: (tag: string) => Promise<number>;
}

describeOnEitherShape('a POST with an Idempotency-Key', (shape) => {
  let service: BundledService;
  let other: ApiClient;
  let admin: RegisteredUser;
  let database: pg.Client;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', ALLOWED_ORIGINS: 'https://app.example', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1' }, shape === 'PostgreSQL alone' ? 1 : 2);
    other = service.instances.at(-1)!;
    admin = await registerUser(service.api);
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const counted = async (sql: string, value: string): Promise<number> => (await database.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`, [value])).rows[0]!.n;
  const userBody = (tag: string): object => ({ email: `${tag}@example.test`, username: `u${tag}`, password: 'correct horse battery' });
  const sessionsNamed = async (tag: string): Promise<number> =>
    (await service.api.get(`/v1/users/${admin.id}/sessions`, { token: admin.token })).body.items.filter((session: { deviceName: string }) => session.deviceName === tag).length;
  const CREATIONS: readonly Creation[] = [
    { name: 'registration', callers: 64, path: () => '/v1/auth/register', body: userBody, count: (tag) => counted('users WHERE username = $1', `u${tag}`) },
    { name: 'user', callers: 64, path: () => '/v1/users', body: userBody, count: (tag) => counted('users WHERE username = $1', `u${tag}`) },
    { name: 'token', callers: 16, path: () => `/v1/users/${admin.id}/tokens`, body: (tag) => ({ ttlSeconds: 600, deviceName: tag }), count: sessionsNamed },
    { name: 'API key', callers: 16, path: () => '/v1/auth/api-keys', body: (tag) => ({ name: tag, scopes: ['users:read'] }), count: (tag) => counted('api_keys WHERE name = $1', tag) },
    { name: 'webhook', callers: 16, path: () => '/v1/webhooks', body: (tag) => ({ url: `http://127.0.0.1/${tag}`, events: ['user.created'] }), count: (tag) => counted('webhooks WHERE url LIKE $1', `%${tag}`) },
  ];
  const newTag = (): string => randomUUID().slice(0, 13);
  const post = (api: ApiClient, path: string, body: object, key: string, headers = {}): Promise<ApiAnswer> =>
    api.post(path, body, { ...(path !== '/v1/auth/register' && { token: admin.token }), headers: { 'idempotency-key': key, ...headers } });
  const isReplayed = ({ headers }: ApiAnswer): boolean => headers.get('idempotency-replayed') === 'true';

  it.each(CREATIONS)('makes one $name of $callers at once, gives all who ask later its answer, and is 422 for another', async ({ callers, path, body, count }) => {
    const [tag, key] = [newTag(), randomUUID()];
    const answers = await Promise.all(Array.from({ length: callers }, (_, index) => post(index % 2 ? service.api : other, path(), body(tag), key)));
    const made = answers.filter(({ status }) => status === 201);
    expect(made.filter((answer) => !isReplayed(answer))).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 201)) expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([409, 'idempotency.in_flight', '1']);
    const again = await post(other, path(), body(tag), `"${key}"`);
    expect([again.status, isReplayed(again)]).toEqual([201, true]);
    for (const answer of [...made, again]) expect(answer.body).toEqual(made[0]!.body);
    for (const header of ['location', 'etag']) expect(again.headers.get(header)).toBe(made[0]!.headers.get(header));
    const another = await post(other, path(), body(newTag()), key);
    expect([another.status, another.body.code]).toEqual([422, 'idempotency.key_reused']);
    expect(await count(tag)).toBe(1);
  });

  it('means another request on another route, and of another principal', async () => {
    const [tag, key] = [newTag(), randomUUID()];
    const somebody = await registerUser(service.api);
    const body = { name: tag, scopes: ['users:read'] };
    const mine = await post(service.api, '/v1/auth/api-keys', body, key);
    const theirs = await service.api.post('/v1/auth/api-keys', body, { token: somebody.token, headers: { 'idempotency-key': key } });
    expect([mine.status, theirs.status, isReplayed(theirs)]).toEqual([201, 201, false]);
    expect(theirs.body.id).not.toBe(mine.body.id);
    expect((await post(service.api, '/v1/users', userBody(tag), key)).status).toBe(201);
  });

  it('is answered with the same refusal, and without a key is carried out anew', async () => {
    const [tag, key] = [newTag(), randomUUID()];
    const taken = { ...userBody(tag), username: admin.username };
    for (const replayed of [false, true]) {
      const answer = await post(service.api, '/v1/users', taken, key);
      expect([answer.status, answer.body.code, isReplayed(answer)]).toEqual([409, 'user.username_taken', replayed]);
      expect(answer.body.instance).toBe(answer.headers.get('x-request-id'));
    }
    const plain = await service.api.post('/v1/users', userBody(tag), { token: admin.token });
    expect([plain.status, isReplayed(plain)]).toEqual([201, false]);
  });

  it('gives the refresh cookie to an allowed page again, and to no other', async () => {
    const [body, key] = [{ ...userBody(newTag()), transport: 'cookie' }, randomUUID()];
    const from = (origin: string): Promise<ApiAnswer> => post(service.api, '/v1/auth/register', body, key, { origin });
    const first = await from('https://app.example');
    const cookie = first.headers.get('set-cookie');
    expect([first.status, cookie]).toEqual([201, expect.stringContaining('__Host-likeness_refresh=')]);
    expect((await from('https://app.example')).headers.get('set-cookie')).toBe(cookie);
    const refused = await from('https://evil.example');
    expect([refused.status, refused.headers.get('set-cookie')]).toEqual([403, null]);
  });

  it('is refused when it is no string', async () => {
    for (const key of ['a b', '"a', 'k'.repeat(256)]) {
      const { status, body } = await post(service.api, '/v1/users', userBody(newTag()), key);
      expect([status, body.code, body.errors[0].field]).toEqual([400, 'request.invalid', 'Idempotency-Key']);
    }
  });

  it('leaves nothing that could be read in the database, and lives as long as it should', async () => {
    await database.query('DELETE FROM idempotency_keys');
    const [tag, key] = [newTag(), randomUUID()];
    await post(service.api, '/v1/users', userBody(tag), key);
    const ages = 'SELECT marker, sealed_answer, k::text AS text, round(extract(epoch FROM expires_at - clock_timestamp()) / 60)::int AS minutes FROM idempotency_keys k';
    const [{ text, minutes, sealed_answer }] = (await database.query<{ text: string; minutes: number; sealed_answer: Buffer }>(ages)).rows as [never];
    expect(minutes).toBe(1440);
    for (const secret of [tag, key]) {
      expect(text).not.toContain(secret);
      expect((sealed_answer as Buffer).includes(secret)).toBe(false);
    }
    await database.query('DELETE FROM idempotency_keys');
    await post(service.api, '/v1/auth/register', userBody(newTag()), key);
    expect((await database.query<{ minutes: number }>(ages)).rows.map((row) => row.minutes)).toEqual([10]);
  });

  it('forgets what it answered when the user goes', async () => {
    const [tag, key] = [newTag(), randomUUID()];
    const { body } = await post(service.api, '/v1/users', userBody(tag), key);
    expect((await service.api.delete(`/v1/users/${body.id}`, { token: admin.token })).status).toBe(204);
    const again = await post(service.api, '/v1/users', userBody(tag), key);
    expect([again.status, isReplayed(again)]).toEqual([201, false]);
    expect(again.body.id).not.toBe(body.id);
  });

  it('keeps no 5xx: the next try is a new one', async () => {
    const [tag, key] = [newTag(), randomUUID()];
    const gate = `CREATE OR REPLACE FUNCTION refuse_one() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION USING ERRCODE = '53100'; END $$`;
    await database.query(gate);
    await database.query(`CREATE TRIGGER refuse_one BEFORE INSERT ON users FOR EACH ROW WHEN (NEW.username = 'u${tag}') EXECUTE FUNCTION refuse_one()`);
    expect((await post(service.api, '/v1/users', userBody(tag), key)).status).toBe(503);
    await database.query('DROP TRIGGER refuse_one ON users');
    const { status, headers } = await post(service.api, '/v1/users', userBody(tag), key);
    expect([status, headers.get('idempotency-replayed')]).toEqual([201, null]);
  });
});

describe('what refused calls with an Idempotency-Key leave', () => {
  let service: BundledService;
  let database: pg.Client;

  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { TRUSTED_PROXIES: '127.0.0.0/8' });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const rows = async (): Promise<number> => (await database.query<{ n: number }>('SELECT count(*)::int AS n FROM idempotency_keys')).rows[0]!.n;
  const keyed = (from: string): Record<string, string> => ({ 'idempotency-key': randomUUID(), 'x-forwarded-for': from });

  it('is bounded for each account, and each is refused as before', async () => {
    await registerUser(service.api);
    const user = await registerUser(service.api);
    const before = await rows();
    const ask = (): Promise<ApiAnswer> => service.api.post('/v1/auth/api-keys', { name: 'a key', scopes: ['tokens:revoke'] }, { token: user.token, headers: keyed('192.0.2.1') });
    for (let round = 0; round < 13; round += 1) {
      const answers = await Promise.all(Array.from({ length: 10 }, ask));
      expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(403));
    }
    expect((await rows()) - before).toBe(100);
  });

  it('is bounded for each address, and nothing where the address may not ask', async () => {
    const before = await rows();
    const ask = (index: number): Promise<ApiAnswer> =>
      service.api.post('/v1/auth/register', { email: `weak-${index}@example.test`, username: `weak-${index}`, password: 'short' }, { headers: keyed('192.0.2.2') });
    const answers: ApiAnswer[] = [];
    for (let round = 0; round < 35; round += 1) answers.push(...(await Promise.all(Array.from({ length: 10 }, (_, index) => ask(10 * round + index)))));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.slice(0, 300)).toEqual(Array<number>(300).fill(400));
    expect(statuses.slice(-30)).toEqual(Array<number>(30).fill(429));
    expect((await rows()) - before).toBe(100);
  });
});
