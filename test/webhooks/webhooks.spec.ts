import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import sharp from 'sharp';
import { EventBus } from '../../src/kernel/events/index.js';
import { Metrics } from '../../src/kernel/metrics/index.js';
import { eventually } from '../kit/eventually.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startService, type TestService } from '../kit/service.js';
import { Receiver, isSignedWith } from './receiver.js';

describeOnEitherShape('webhooks', (shape) => {
  let service: TestService;
  let database: pg.Client;
  let admin: RegisteredUser;
  let user: RegisteredUser;
  let receiver: Receiver;

  beforeAll(async () => {
    const instances = shape === 'PostgreSQL and Redis' ? 3 : 1;
    service = await startService(shape, { RATE_LIMITS: 'off', REFRESH_GRACE_SECONDS: '0', LOGIN_POLICY_MAX: '5', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' }, instances);
    database = new pg.Client({ connectionString: service.databaseUrl });
    await database.connect();
    admin = await registerUser(service.api);
    if (shape === 'PostgreSQL and Redis') await database.query(`UPDATE users SET roles = '{admin}' WHERE id = $1`, [admin.id]);
    admin = { ...admin, token: (await service.api.post('/v1/auth/login', { identifier: admin.username, password: admin.password })).body.accessToken };
    user = await registerUser(service.api);
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });
  beforeEach(async () => {
    receiver = await Receiver.start();
  });
  afterEach(async () => {
    await database.query('DELETE FROM webhooks');
    await receiver.stop();
  });

  const create = (events: string[], url = receiver.url): Promise<ApiAnswer> => service.api.post('/v1/webhooks', { url, events }, { token: admin.token });
  const rename = (displayName: string): Promise<ApiAnswer> => service.api.patch('/v1/users/me', { displayName }, { token: user.token });
  const logOf = async (id: string, state = ''): Promise<any[]> => // eslint-disable-line @typescript-eslint/no-explicit-any
    (await service.api.get(`/v1/webhooks/${id}/deliveries${state && `?state=${state}`}`, { token: admin.token })).body.items;
  const until = (is: () => Promise<boolean>): Promise<boolean> => eventually('the deliveries have come so far', is, { everyMs: 30 });
  const makeDue = (): Promise<unknown> => database.query(`UPDATE webhook_deliveries SET due_at = clock_timestamp() WHERE state = 'pending'`);

  it('tell of a change, once, signed so that the receiver can be sure of it, and of nothing that was not asked for', async () => {
    const { body: webhook } = await create(['user.updated']);
    expect(webhook.secret).toMatch(/^whsec_[\w-]{43}$/);
    const { body: changed } = await rename('Ada King');
    await registerUser(service.api);
    const [received] = await receiver.of('user.updated');
    expect(received!.event.data).toEqual({ userId: user.id, version: changed.version });
    expect([isSignedWith(webhook.secret, received!), isSignedWith('another', received!), isSignedWith(webhook.secret, { ...received!, text: `${received!.text} ` })]).toEqual([true, false, false]);
    expect(received!.headers['likeness-event']).toBe('user.updated');
    await until(async () => (await logOf(webhook.id, 'delivered')).length === 1);
    await sleep(2_500); // every instance has looked again
    expect(receiver.received.length).toBe(1);
    const [delivery] = await logOf(webhook.id);
    expect(delivery).toMatchObject({ id: received!.headers['likeness-delivery'], eventId: received!.event.id, state: 'delivered', attempts: 1, nextAttemptAt: null });
    expect(delivery.log).toEqual([{ at: expect.any(String), status: 204, error: null, durationMs: expect.any(Number) }]);
  });

  it('are not made, changed or given another secret by a token that ends by itself, and can be deleted by it', async () => {
    const { body: issued } = await service.api.post(`/v1/users/${admin.id}/tokens`, { ttlSeconds: 600 }, { token: admin.token });
    const asIssued = { token: issued.accessToken as string };
    const refused = async (asked: Promise<ApiAnswer>): Promise<void> => {
      const { status, body } = await asked;
      expect([status, body.code]).toEqual([403, 'auth.outlives_token']);
    };
    const { body: webhook } = await create(['user.updated']);
    await refused(service.api.post('/v1/webhooks', { url: receiver.url, events: ['user.updated'] }, asIssued));
    await refused(service.api.patch(`/v1/webhooks/${webhook.id}`, { url: `${receiver.url}/theirs` }, asIssued));
    await refused(service.api.post(`/v1/webhooks/${webhook.id}/secret`, {}, asIssued));
    expect((await service.api.get('/v1/webhooks', asIssued)).body.items).toMatchObject([{ id: webhook.id, url: receiver.url }]);
    expect((await service.api.delete(`/v1/webhooks/${webhook.id}`, asIssued)).status).toBe(204);
  });

  it('tell of accounts made and erased, of pictures, and of sessions that are over, without a name or an address', async () => {
    await create(['user.created', 'user.deleted', 'avatar.changed', 'session.ended']);
    const other = await registerUser(service.api, { displayName: 'Nobody Special' });
    const picture = await sharp({ create: { width: 40, height: 40, channels: 3, background: '#aa2200' } }).png().toBuffer();
    await service.api.put('/v1/users/me/avatar', picture, { token: other.token, headers: { 'content-type': 'image/png' } });
    await service.api.post('/v1/auth/logout-all', {}, { token: other.token });
    await service.api.delete(`/v1/users/${other.id}`, { token: admin.token });
    const told = [];
    for (const type of ['user.created', 'avatar.changed', 'session.ended', 'user.deleted']) told.push((await receiver.of(type))[0]!.event);
    expect(told.map(({ data }) => data['userId'])).toEqual(Array(4).fill(other.id));
    expect(told[1]!.data).toMatchObject({ kind: 'uploaded', url: `http://likeness.test/v1/users/${other.id}/avatar`, supersededVersion: null });
    for (const { text } of receiver.received) for (const word of [other.email, other.username, 'Nobody']) expect(text).not.toContain(word);
  });

  it('tell of each session that ends alone, why and when, and that a rival or a thief was at it', async () => {
    await create(['session.ended']);
    const other = await registerUser(service.api);
    const login = async (): Promise<any> => (await service.api.post('/v1/auth/login', { identifier: other.username, password: other.password })).body; // eslint-disable-line @typescript-eslint/no-explicit-any
    const [out, deleted, stolen, revoked] = [await login(), await login(), await login(), await login()];
    await service.api.post('/v1/auth/logout', {}, { token: out.accessToken });
    await service.api.delete(`/v1/auth/sessions/${deleted.sessionId}`, { token: other.token });
    const { body: next } = await service.api.post('/v1/auth/refresh', { refreshToken: stolen.refreshToken });
    await service.api.post('/v1/auth/refresh', { refreshToken: next.refreshToken });
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: stolen.refreshToken })).body.code).toBe('auth.refresh_reused');
    await service.api.post('/oauth/revoke', new URLSearchParams({ token: revoked.refreshToken }).toString(), { headers: { 'content-type': 'application/x-www-form-urlencoded' } });
    const told = await receiver.of('session.ended', 4);
    expect(told.map(({ event }) => event.data).map(({ sessionId, reason }) => [sessionId, reason]).sort()).toEqual(
      [[out.sessionId, 'ended'], [deleted.sessionId, 'ended'], [stolen.sessionId, 'reused'], [revoked.sessionId, 'ended']].sort(),
    );
    for (const { event } of told) expect(event.data).toEqual({ userId: other.id, sessionId: expect.any(String), reason: expect.any(String), endedAt: expect.stringMatching(/Z$/) });
    const { body: first } = await service.api.get('/v1/auth/sessions', { token: other.token });
    for (let count = 0; count < 5; count += 1) await login();
    const evicted = (await receiver.of('session.ended', 5)).map(({ event }) => event.data).find(({ reason }) => reason === 'evicted');
    expect(evicted!['sessionId']).toBe(first.items.at(-1).id);
  });

  it('are signed with the new secret and, until the overlap is over, with the one before it', async () => {
    const { body: webhook } = await create(['user.updated']);
    const renew = (body?: object): Promise<ApiAnswer> => service.api.post(`/v1/webhooks/${webhook.id}/secret`, body, { token: admin.token });
    const { status, body: renewed } = await renew({ overlapSeconds: 600 });
    expect([status, renewed.secret === webhook.secret]).toEqual([200, false]);
    expect(Math.abs(Date.parse(renewed.previousSecretUntil) - Date.now() - 600_000)).toBeLessThan(60_000);
    const signedBy = async (...secrets: string[]): Promise<boolean[]> => {
      receiver.received.length = 0;
      await rename(`Ada ${Math.random()}`);
      const [received] = await receiver.of('user.updated');
      return secrets.map((secret) => isSignedWith(secret, received!));
    };
    expect(await signedBy(webhook.secret, renewed.secret, 'another')).toEqual([true, true, false]);
    await database.query(`UPDATE webhooks SET previous_secret_until = clock_timestamp() - interval '1 second'`);
    expect(await signedBy(webhook.secret, renewed.secret)).toEqual([false, true]);
    expect((await service.api.get(`/v1/webhooks/${webhook.id}`, { token: admin.token })).body.previousSecretUntil).toBeNull();
    const { body: atOnce } = await renew({ overlapSeconds: 0 });
    expect([atOnce.previousSecretUntil, await signedBy(renewed.secret, atOnce.secret)]).toEqual([null, [false, true]]);
    const tooLong = await renew({ overlapSeconds: 30 * 86_400 + 1 });
    expect([tooLong.status, tooLong.body.errors[0].field]).toEqual([400, 'overlapSeconds']);
    expect(Date.parse((await renew()).body.previousSecretUntil)).toBeGreaterThan(Date.now() + 80_000_000);
  });

  it('tell nothing of a change that fails after it was written down', async () => {
    await create(['user.updated']);
    const bus = service.api.app.get(EventBus, { strict: false });
    const { rows } = await database.query<{ count: string }>('SELECT count(*) FROM event_log');
    let isFailing = true;
    bus.on('user.changed', 'beforeCommit', async (_payload, { manager }) => {
      if (!isFailing) return;
      expect((await manager.query<unknown[]>('SELECT 1 FROM event_log')).length).toBeGreaterThan(Number(rows[0]!.count));
      throw new Error('a fault after the event was appended');
    });
    expect((await rename('Never')).status).toBe(500);
    isFailing = false;
    const { body } = await rename('Ada once more');
    expect((await receiver.of('user.updated')).map(({ event }) => event.data['version'])).toEqual([body.version]);
  });

  it('show those who watch how they fare', async () => {
    const { registry } = service.api.app.get(Metrics, { strict: false });
    const valueOf = async (series: string): Promise<number> => Number((await registry.metrics()).split('\n').find((line) => line.startsWith(`${series} `))!.split(' ').at(-1));
    receiver.status = 503;
    const { body: webhook } = await create(['user.updated']);
    await rename('Ada the watched');
    await until(async () => (await logOf(webhook.id))[0]?.log.length === 1);
    await database.query(`UPDATE webhook_deliveries SET created_at = created_at - interval '90 seconds'`);
    expect(await valueOf('likeness_webhook_deliveries_pending')).toBe(1);
    expect(Math.floor((await valueOf('likeness_webhook_oldest_undelivered_seconds')) / 60)).toBe(1);
    await database.query(`UPDATE webhook_deliveries SET state = 'dead', settled_at = clock_timestamp()`);
    expect([await valueOf('likeness_webhook_deliveries_dead'), await valueOf('likeness_webhook_oldest_undelivered_seconds')]).toEqual([1, 0]);
  });

  it('are tried again until the receiver is well, then no more', async () => {
    receiver.status = 503;
    const { body: webhook } = await create(['user.updated']);
    await rename('Ada Byron');
    await until(async () => (await logOf(webhook.id))[0]?.log.length === 1);
    const [first] = await logOf(webhook.id);
    expect([first.state, first.log[0].status]).toEqual(['pending', 503]);
    const wait = Date.parse(first.nextAttemptAt) - Date.parse(first.log[0].at);
    expect(wait).toBeGreaterThan(2_000);
    expect(wait).toBeLessThan(6_000);
    receiver.status = 200;
    await makeDue();
    await until(async () => (await logOf(webhook.id, 'delivered')).length === 1);
    const [a, b] = receiver.received;
    expect([b!.text, b!.headers['likeness-delivery']]).toEqual([a!.text, a!.headers['likeness-delivery']]);
  });

  it('are dead after the last try, and sent again on request', async () => {
    receiver.status = 500;
    const { body: webhook } = await create(['user.updated']);
    await rename('Ada the Third');
    await until(async () => (await logOf(webhook.id))[0]?.log.length === 1);
    await database.query('UPDATE webhook_deliveries SET attempts = 14');
    await makeDue();
    await until(async () => (await logOf(webhook.id, 'dead')).length === 1);
    const [dead] = await logOf(webhook.id, 'dead');
    expect(dead).toMatchObject({ attempts: 15, nextAttemptAt: null });
    receiver.status = 200;
    const again = await service.api.post(`/v1/webhooks/${webhook.id}/deliveries/${dead.id}/redelivery`, undefined, { token: admin.token });
    expect([again.status, again.body.state, again.body.attempts]).toEqual([202, 'pending', 0]);
    await until(async () => (await logOf(webhook.id, 'delivered')).length === 1);
    expect((await logOf(webhook.id))[0].log.map((attempt: { status: number }) => attempt.status)).toEqual([500, 500, 200]);
  });

  it('follow no redirect, and name what went wrong without saying more', async () => {
    const elsewhere = await Receiver.start();
    receiver.status = 307;
    receiver.headers = { location: elsewhere.url };
    const { body: redirected } = await create(['user.updated']);
    const { body: refused } = await create(['user.updated'], 'http://127.0.0.1:1/hook');
    await rename('Ada the Fourth');
    await until(async () => (await logOf(redirected.id))[0]?.log.length === 1 && (await logOf(refused.id))[0]?.log.length === 1);
    const [delivery] = await logOf(redirected.id);
    expect([delivery.log[0].status, delivery.log[0].error, delivery.state]).toEqual([307, null, 'pending']);
    expect((await logOf(refused.id))[0].log[0]).toMatchObject({ status: null, error: 'connection_refused' });
    expect(elsewhere.received).toEqual([]);
    await elsewhere.stop();
  });

  it('never leave what was rolled back behind, and never miss what was committed', async () => {
    await create(['user.updated', 'user.created']);
    const taken = await service.api.post('/v1/auth/register', { email: user.email, username: `x${user.username}`.slice(0, 30), password: 'correct horse battery' });
    expect(taken.status).toBe(409);
    const renamed = await Promise.all(Array.from({ length: 20 }, (_, count) => service.instances[count % service.instances.length]!.patch('/v1/users/me', { displayName: `Ada ${count}` }, { token: user.token })));
    expect(renamed.map(({ status }) => status)).toEqual(renamed.map(() => 200));
    const told = await receiver.of('user.updated', 20);
    expect(told.map(({ event }) => event.data['version']).sort()).toEqual(renamed.map(({ body }) => body.version).sort());
    expect(await receiver.of('user.created', 0)).toEqual([]);
    const waiting = `SELECT 1 FROM event_log WHERE position IS NULL OR position > (SELECT position FROM event_followers WHERE name = 'webhooks')`;
    await until(async () => (await database.query(waiting)).rowCount === 0);
  });

  it('are for admins to manage', async () => {
    for (const [method, path] of [['GET', '/v1/webhooks'], ['POST', '/v1/webhooks'], ['DELETE', `/v1/webhooks/${user.id}`]] as const) {
      const { status } = await service.api.request(method, path, { token: user.token, ...(method === 'POST' && { body: { url: receiver.url, events: ['user.created'] } }) });
      expect(status).toBe(403);
    }
    const { body: webhook, headers } = await create(['user.created']);
    expect(headers.get('location')).toBe(`http://likeness.test/v1/webhooks/${webhook.id}`);
    const patched = await service.api.patch(`/v1/webhooks/${webhook.id}`, { disabled: true, description: 'for the CDN' }, { token: admin.token });
    expect(patched.body).toMatchObject({ disabled: true, description: 'for the CDN', url: receiver.url, events: ['user.created'] });
    const { body: page } = await service.api.get('/v1/webhooks', { token: admin.token });
    expect(page.items).toEqual([patched.body]);
    await registerUser(service.api);
    expect(await logOf(webhook.id)).toEqual([]);
    expect((await service.api.delete(`/v1/webhooks/${webhook.id}`, { token: admin.token })).status).toBe(204);
    const gone = await service.api.get(`/v1/webhooks/${webhook.id}`, { token: admin.token });
    expect([gone.status, gone.body.code]).toEqual([404, 'webhook.not_found']);
  });

  it.each(['ftp://example.org/', 'https://user:pw@example.org/', 'https://example.org/#x', 'https://10.1.2.3/', 'https://[::1]/', 'http://0x0a010203/', 'http://169.254.169.254/latest', 'not a url'])('refuse to be made for %s', async (url) => {
    const { status, body } = await create(['user.created'], url);
    expect([status, body.code, body.errors[0].field]).toEqual([400, 'request.invalid', 'url']);
  });

  it('keep the secret where the database alone cannot tell it', async () => {
    const { body: webhook } = await create(['user.created']);
    const { rows } = await database.query<{ text: string }>(`SELECT encode(sealed_secret, 'escape') || url AS text FROM webhooks`);
    expect(rows[0]!.text).not.toContain(webhook.secret);
    expect(rows[0]!.text).not.toContain(webhook.secret.slice(6));
  });
});
