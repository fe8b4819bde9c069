import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import sharp from 'sharp';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnBothShapes, startService, type TestService } from '../kit/service.js';
import { Receiver, isSignedWith } from './receiver.js';

describeOnBothShapes('webhooks', (shape) => {
  let service: TestService;
  let database: pg.Client;
  let admin: RegisteredUser;
  let user: RegisteredUser;
  let receiver: Receiver;

  beforeAll(async () => {
    const instances = shape === 'PostgreSQL and Redis' ? 3 : 1;
    service = await startService(shape, { RATE_LIMITS: 'off', WEBHOOK_ALLOWED_NETWORKS: '127.0.0.0/8' }, instances);
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
  const until = async (is: () => Promise<boolean>): Promise<void> => {
    for (const deadline = Date.now() + 15_000; Date.now() < deadline; await sleep(30)) if (await is()) return;
    throw new Error('it did not come to be');
  };
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
    expect((await logOf(redirected.id))[0].log[0]).toMatchObject({ status: 307, error: null });
    expect((await logOf(refused.id))[0].log[0]).toMatchObject({ status: null, error: 'connection_refused' });
    expect(elsewhere.received).toEqual([]);
    await elsewhere.stop();
  });

  it('never leave what was rolled back behind, and never miss what was committed', async () => {
    await create(['user.updated', 'user.created']);
    const taken = await service.api.post('/v1/auth/register', { email: user.email, username: `x${user.username}`.slice(0, 30), password: 'correct horse battery' });
    expect(taken.status).toBe(409);
    const renamed = await Promise.all(Array.from({ length: 20 }, (_, count) => service.instances[count % service.instances.length]!.patch('/v1/users/me', { displayName: `Ada ${count}` }, { token: user.token })));
    const told = await receiver.of('user.updated', 20);
    expect(told.map(({ event }) => event.data['version']).sort()).toEqual(renamed.map(({ body }) => body.version).sort());
    expect(await receiver.of('user.created', 1, 0)).toEqual([]);
    expect((await database.query('SELECT 1 FROM outbox_events')).rowCount).toBe(0);
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
