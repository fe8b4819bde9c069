import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { AuditEvents } from '../../src/kernel/audit/audit-events.repository.js';
import { AUDIT_ACTIONS } from '../../src/kernel/audit/audit-event.js';
import { keptAddress } from '../../src/kernel/audit/kept-address.js';
import { SigningKeyLedger } from '../../src/modules/auth/index.js';
import { makeKey } from '../api-keys/api-keys-client.js';
import { flat } from '../avatars/test-pictures.js';
import { eventually } from '../kit/eventually.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { startService, type TestService } from '../kit/service.js';

interface Event {
  readonly id: string;
  readonly action: string;
  readonly actorKind: string;
  readonly actorId: string | null;
  readonly subjectId: string | null;
  readonly ipAddress: string | null;
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
}

describe('the audit log', () => {
  let service: TestService;
  let admin: RegisteredUser;
  let ada: RegisteredUser;
  let database: pg.Client;
  /** The actions that a test here has looked at. */
  const seen = new Set<string>();

  beforeAll(async () => {
    service = await startService('PostgreSQL and Redis', { RATE_LIMITS: 'off', REFRESH_GRACE_SECONDS: '0', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1' });
    admin = await registerUser(service.api);
    ada = await registerUser(service.api);
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const list = async (reader: RegisteredUser, query = ''): Promise<Event[]> => (await service.api.get(`/v1/audit-events?limit=200${query}`, { token: reader.token })).body.items;
  /** What is noted beside a transaction comes at once after it, and nobody waits for it. */
  const told = async (action: string, isIt: (event: Event) => boolean = () => true): Promise<Event> => {
    const found = await eventually(`${action} is in the audit log`, async () => (await list(admin, `&action=${action}`)).find(isIt));
    seen.add(action);
    return found!;
  };
  const ok = async (asked: Promise<ApiAnswer>): Promise<ApiAnswer> => {
    const answer = await asked;
    if (answer.status >= 300) throw new Error(`${answer.status} ${answer.bytes.toString()}`);
    return answer;
  };
  const by = (user: RegisteredUser): object => ({ actorKind: 'user', actorId: user.id });

  it('tells who did what to whom, from where and in which request', async () => {
    const { headers } = await ok(service.api.patch(`/v1/users/${ada.id}`, { roles: ['editor'] }, { token: admin.token }));
    const event = await told('user.roles_changed');
    expect(event).toMatchObject({ ...by(admin), subjectId: ada.id, details: { roles: ['editor'] }, ipAddress: '127.0.0.1', requestId: headers.get('x-request-id') });
  });

  it('tells of every act that matters, by whoever did it', async () => {
    const bob = await registerUser(service.api);
    const of = (event: Event): boolean => event.subjectId === bob.id;
    const asBob = { token: bob.token };
    const asAdmin = { token: admin.token };
    expect(await told('user.created', of)).toMatchObject({ actorKind: 'anyone', actorId: null });
    expect(await told('session.started', of)).toMatchObject({ ...by(bob), details: { sessionId: bob.sessionId, platform: 'other' } });

    const key = await makeKey(service.api, bob, ['avatars:write']);
    const picture = { headers: { 'content-type': 'image/png' } };
    await ok(service.api.put('/v1/users/me/avatar', await flat(64, 64, { r: 1, g: 2, b: 3 }).png().toBuffer(), { token: key.secret, ...picture }));
    expect(await list(admin, `&action=avatar.changed&userId=${bob.id}`)).toEqual([]);
    await ok(service.api.put(`/v1/users/${bob.id}/avatar`, await flat(64, 64, { r: 9, g: 2, b: 3 }).png().toBuffer(), { ...asAdmin, ...picture }));
    expect(await told('avatar.changed', of)).toMatchObject(by(admin));
    await ok(service.api.delete(`/v1/auth/api-keys/${key.id}`, asBob));
    for (const action of ['api_key.created', 'api_key.revoked']) expect(await told(action, of)).toMatchObject({ ...by(bob), details: { keyId: key.id } });

    await service.api.post('/v1/auth/login', { identifier: bob.email, password: 'not this one' });
    expect(await told('login.failed', of)).toMatchObject({ actorKind: 'anyone', details: { code: 'auth.invalid_credentials' } });
    await service.api.post('/v1/auth/login', { identifier: 'nobody@example.test', password: 'not this one' });
    expect(await told('login.failed', ({ subjectId }) => subjectId === null)).toMatchObject({ actorKind: 'anyone' });

    const { body: issued } = await ok(service.api.post(`/v1/users/${bob.id}/tokens`, { ttlSeconds: 60 }, asAdmin));
    expect(await told('token.issued', of)).toMatchObject({ ...by(admin), details: { sessionId: issued.sessionId, ttlSeconds: 60 } });
    await ok(service.api.delete(`/v1/auth/sessions/${issued.sessionId}`, asBob));
    expect(await told('session.ended', of)).toMatchObject({ ...by(bob), details: { sessionId: issued.sessionId, reason: 'ended' } });

    await ok(service.api.post('/v1/auth/password', { currentPassword: bob.password, newPassword: 'another quiet lighthouse' }, asBob));
    expect(await told('password.changed', of)).toMatchObject(by(bob));
    await ok(service.api.patch('/v1/users/me', { email: 'bob.new@example.test', currentPassword: 'another quiet lighthouse' }, asBob));
    await told('email.change_requested', of);
    await ok(service.api.patch(`/v1/users/${bob.id}`, { disabled: true }, asAdmin));
    for (const action of ['user.disabled', 'sessions.ended']) expect(await told(action, of)).toMatchObject(by(admin));
    await ok(service.api.delete(`/v1/users/${bob.id}`, asAdmin));
    expect(await told('user.deleted', of)).toMatchObject({ ...by(admin), ipAddress: '127.0.0.1' });

    const { body: webhook } = await ok(service.api.post('/v1/webhooks', { url: 'http://127.0.0.1/x', events: ['user.deleted'] }, asAdmin));
    await ok(service.api.patch(`/v1/webhooks/${webhook.id}`, { disabled: true }, asAdmin));
    await ok(service.api.delete(`/v1/webhooks/${webhook.id}`, asAdmin));
    for (const action of ['webhook.created', 'webhook.changed', 'webhook.deleted']) expect(await told(action)).toMatchObject({ ...by(admin), details: { webhookId: webhook.id } });
    const kept = await database.query<{ text: string }>('SELECT e::text AS text FROM audit_events e');
    for (const { text } of kept.rows) for (const personal of [bob.email, bob.username, 'bob.new', bob.password, key.secret.slice(26)]) expect(text).not.toContain(personal);
  });

  it('shows others what they did and what was done to them, without an admin’s address, in pages', async () => {
    const all = await list(ada);
    expect(all.length).toBeGreaterThanOrEqual(3);
    for (const event of all) expect([event.subjectId, event.actorId]).toContain(ada.id);
    expect(all.find(({ action }) => action === 'user.roles_changed')).toMatchObject({ ...by(admin), ipAddress: null });
    expect(await list(ada, `&userId=${admin.id}`)).toEqual(all);
    const paged: Event[] = [];
    for (let cursor = ''; ; ) {
      const { body } = await service.api.get(`/v1/audit-events?limit=1${cursor}`, { token: ada.token });
      paged.push(...body.items);
      if (body.nextCursor === null) break;
      cursor = `&cursor=${body.nextCursor}`;
    }
    expect(paged).toEqual(all);
    expect((await service.api.get('/v1/users/me/export', { token: ada.token })).body.auditEvents).toEqual(all);
    const key = await makeKey(service.api, admin, ['users:read']);
    expect((await service.api.get('/v1/audit-events', { token: key.secret })).status).toBe(403);
  });

  it('says nothing of what was rolled back', async () => {
    const before = await list(admin, '&action=user.created');
    expect((await service.api.post('/v1/users', { email: ada.email, username: 'another' }, { token: admin.token })).status).toBe(409);
    expect(await list(admin, '&action=user.created')).toEqual(before);
  });

  it('tells of what happens seldom: other keys, other pictures for all, a stolen token', async () => {
    const dan = await registerUser(service.api);
    const of = (event: Event): boolean => event.subjectId === dan.id;
    const [asDan, asAdmin] = [{ token: dan.token }, { token: admin.token }];
    const key = await makeKey(service.api, dan, ['avatars:write']);
    await ok(service.api.post(`/v1/auth/api-keys/${key.id}/rotate`, {}, asDan));
    expect(await told('api_key.rotated', of)).toMatchObject({ ...by(dan), details: { keyId: key.id } });
    await ok(service.api.patch(`/v1/users/${dan.id}`, { email: 'dan.new@example.test' }, asAdmin));
    expect(await told('email.changed', of)).toMatchObject(by(admin));
    await ok(service.api.put('/v1/avatars/default', await flat(64, 64, { r: 7, g: 2, b: 3 }).png().toBuffer(), { ...asAdmin, headers: { 'content-type': 'image/png' } }));
    expect(await told('default_picture.changed')).toMatchObject({ ...by(admin), subjectId: null });

    const { body: second } = await ok(service.api.post('/v1/auth/refresh', { refreshToken: dan.refreshToken }));
    await ok(service.api.post('/v1/auth/refresh', { refreshToken: second.refreshToken }));
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: dan.refreshToken })).body.code).toBe('auth.refresh_reused');
    expect(await told('refresh_token.reused', of)).toMatchObject({ details: { sessionId: dan.sessionId } });

    await ok(service.api.patch(`/v1/users/${dan.id}`, { disabled: true }, asAdmin));
    await ok(service.api.patch(`/v1/users/${dan.id}`, { disabled: false }, asAdmin));
    expect(await told('user.enabled', of)).toMatchObject(by(admin));
    const ledger = service.api.app.get(SigningKeyLedger, { strict: false });
    const { kid } = await ledger.rotate();
    expect(await told('signing_key.rotated', ({ details }) => details.kid === kid)).toMatchObject({ actorKind: 'system', subjectId: null });
    await ledger.withdraw(kid);
    expect(await told('signing_key.withdrawn')).toMatchObject({ actorKind: 'system', details: { kid } });
  });

  it('has no action that no test looks at', () => {
    expect(AUDIT_ACTIONS.filter((action) => !seen.has(action))).toEqual([]);
  });

  it('can be added to, and not rewritten', async () => {
    for (const sql of [`UPDATE audit_events SET action = 'x'`, 'UPDATE audit_events SET actor_id = NULL, ip_address = NULL', 'DELETE FROM audit_events', 'TRUNCATE audit_events']) {
      await expect(database.query(sql)).rejects.toMatchObject({ code: '42501' });
    }
  });

  it('loses the address of who is erased, and nothing else', async () => {
    const carl = await registerUser(service.api);
    await told('session.started', ({ subjectId }) => subjectId === carl.id);
    const before = await list(admin, `&userId=${carl.id}`);
    expect(before.map(({ ipAddress }) => ipAddress)).toEqual(before.map(() => '127.0.0.1'));
    await ok(service.api.delete('/v1/users/me', { token: carl.token, body: { currentPassword: carl.password } }));
    const after = await list(admin, `&userId=${carl.id}`);
    expect(after.slice(1)).toEqual(before.map((event) => ({ ...event, ipAddress: null })));
    expect(after[0]).toMatchObject({ action: 'user.deleted', ipAddress: null });
  });

  it('goes when it is older than it is to be kept', async () => {
    const events = service.api.app.get(AuditEvents, { strict: false });
    await database.query(`INSERT INTO audit_events (id, action, actor_kind, created_at)
      SELECT gen_random_uuid(), 'login.failed', 'anyone', clock_timestamp() - make_interval(days => 364 + n) FROM generate_series(0, 3) AS n`);
    const old = async (): Promise<number> => (await database.query(`SELECT 1 FROM audit_events WHERE created_at < clock_timestamp() - interval '1 day'`)).rowCount!;
    expect([await events.prune(365, 1_000), await old()]).toEqual([3, 1]);
    expect(await events.prune(365, 1_000)).toBe(0);
  });

  it('keeps as much of an address as it is told to', () => {
    expect(['full', 'network', 'none'].map((kept) => keptAddress('203.0.113.77', kept as never))).toEqual(['203.0.113.77', '203.0.113.0/24', null]);
    expect(keptAddress('2001:db8:1:2:3:4:5:6', 'network')).toBe('2001:db8:1:2::/64');
  });
});
