import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { makeKey } from '../api-keys/api-keys-client.js';
import { flat } from '../avatars/test-pictures.js';
import { eventually } from '../kit/eventually.js';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { startBundledService, type BundledService } from '../kit/service.js';

/** Where the rows of each table that names a user stand in the export. */
const EXPORTED: Readonly<Record<string, string>> = {
  users: 'user',
  token_sessions: 'sessions',
  api_keys: 'apiKeys',
  one_time_tokens: 'mailedTokens',
  avatar_uses: 'pictures',
  audit_events: 'auditEvents',
};

/** Tables that name a user, and why they say nothing that the export does not. */
const LEFT_OUT: Readonly<Record<string, string>> = {
  access_tokens: 'ids and times of tokens that last minutes; the session they belong to is exported',
  token_users: 'a counter by which sessions are ended',
  legacy_tokens: 'ids of the old server’s tokens; the session that each became is exported',
  api_key_secrets: 'digests; the key that they belong to is exported',
  idempotency_keys: 'sealed: neither we nor the operator can read it; over within a day',
  event_log: 'the same data on its way to instances and to the operator’s webhooks; gone within days',
  webhook_deliveries: 'the same data as it was told to the operator’s webhooks; over within days',
  webhooks: 'the operator’s, nobody’s in particular',
};
/** Of no user. */
const IMPERSONAL = ['cache_generation', 'default_picture', 'event_followers', 'generated_leftovers', 'migrations', 'signing_keys'];

describe('the export of one’s own data', () => {
  let service: BundledService;
  let ada: RegisteredUser;
  let database: pg.Client;

  beforeAll(async () => {
    service = await startBundledService('PostgreSQL and Redis', { RATE_LIMITS: 'off' });
    ada = await registerUser(service.api, { displayName: 'Ada' });
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  it('holds account, pictures, sessions, keys and mails, and no secret', async () => {
    for (const r of [10, 200]) {
      const picture = await flat(300, 300, { r, g: 9, b: 9 }).png().toBuffer();
      expect((await service.api.put('/v1/users/me/avatar', picture, { token: ada.token, headers: { 'content-type': 'image/png' } })).status).toBe(200);
    }
    const [live, over] = [await makeKey(service.api, ada, ['users:read'], { name: 'live' }), await makeKey(service.api, ada, ['users:read'], { name: 'over' })];
    await service.api.delete(`/v1/auth/api-keys/${over.id}`, { token: ada.token });
    await eventually('a token is mailed', async () => (await database.query('SELECT 1 FROM one_time_tokens')).rowCount! > 0);

    const { status, headers, body, bytes } = await service.api.get('/v1/users/me/export', { token: ada.token });
    expect([status, headers.get('content-disposition')]).toEqual([200, 'attachment; filename="likeness-export.json"']);
    expect(body.user).toEqual((await service.api.get('/v1/users/me', { token: ada.token })).body);
    expect(body.hasPassword).toBe(true);
    expect(body.sessions).toEqual((await service.api.get('/v1/auth/sessions', { token: ada.token })).body.items);
    expect(body.apiKeys.map((key: { name: string; revokedAt: string | null }) => [key.name, key.revokedAt !== null])).toEqual([['over', true], ['live', false]]);
    expect(body.mailedTokens).toEqual([expect.objectContaining({ purpose: 'email_verification', email: ada.email })]);
    expect(body.pictures.map((picture: { supersededAt: string | null }) => picture.supersededAt === null)).toEqual([true, false]);
    for (const { url } of body.pictures) expect((await service.api.get(new URL(url).pathname)).status).toBe(200);
    const { rows } = await database.query<{ hash: string }>('SELECT password_hash AS hash FROM users');
    for (const secret of [live.secret.slice(26), rows[0]!.hash, ada.refreshToken, ada.token]) expect(bytes.includes(secret)).toBe(false);
  });

  it('holds all events, however many pages of the list they would be', async () => {
    const bea = await registerUser(service.api);
    await database.query(`INSERT INTO audit_events (id, action, actor_kind, subject_id) SELECT gen_random_uuid(), 'session.started', 'user', $1 FROM generate_series(1, 450)`, [bea.id]);
    const { body } = await service.api.get('/v1/users/me/export', { token: bea.token });
    expect(body.auditEvents.length).toBeGreaterThanOrEqual(450);
    expect(new Set(body.auditEvents.map(({ id }: { id: string }) => id)).size).toBe(body.auditEvents.length);
  });

  it('is for sessions alone, and of nobody else', async () => {
    const key = await makeKey(service.api, ada, ['users:read']);
    expect((await service.api.get('/v1/users/me/export', { token: key.secret })).status).toBe(403);
    const bob = await registerUser(service.api);
    const { body, bytes } = await service.api.get('/v1/users/me/export', { token: bob.token });
    expect([body.user.id, bytes.includes(ada.id), bytes.includes(ada.email)]).toEqual([bob.id, false, false]);
  });

  it('forgets no table: each is in it, is left out for a reason, or is of no user', async () => {
    const { rows } = await database.query<{ name: string }>(`SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1`);
    expect(rows.map(({ name }) => name)).toEqual([...Object.keys(EXPORTED), ...Object.keys(LEFT_OUT), ...IMPERSONAL].sort());
    const { body } = await service.api.get('/v1/users/me/export', { token: ada.token });
    expect(Object.keys(body)).toEqual(expect.arrayContaining(Object.values(EXPORTED)));
  });

  it('forgets no column of the account', async () => {
    const SAID_OTHERWISE = {
      email_key: 'email', email_md5: 'email', email_sha256: 'email', password_hash: 'hasPassword', picture_key: 'pictures',
      generated_key: 'user.avatar', initials: 'user.avatar', colour: 'user.avatar', session_epoch: 'a counter', excepted_session_id: 'sessions',
      search_text: 'email, username and displayName', folded_version: 'version',
    }; // prettier-ignore
    const { rows } = await database.query<{ name: string }>(`SELECT column_name AS name FROM information_schema.columns WHERE table_name = 'users'`);
    const { user } = (await service.api.get('/v1/users/me/export', { token: ada.token })).body;
    const camel = (name: string): string => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
    const forgotten = rows.map(({ name }) => name).filter((name) => !(name in SAID_OTHERWISE) && !(camel(name) in user));
    expect(forgotten).toEqual([]);
  });
});
