import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { EventBus } from '../../src/kernel/events/index.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startService, type TestService } from '../kit/service.js';
import { Mailbox, NEW_PASSWORD, verifiedUser } from './mailbox.js';

describeOnEitherShape('changing the password', (shape) => {
  let service: TestService;
  let mailbox: Mailbox;
  let admin: RegisteredUser;

  beforeAll(async () => {
    service = await startService(shape, { RATE_LIMITS: 'off' });
    mailbox = new Mailbox(service);
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  const login = (user: RegisteredUser, password: string): Promise<ApiAnswer> => service.api.post('/v1/auth/login', { identifier: user.email, password });
  const change = (user: RegisteredUser, body: object, token = user.token): Promise<ApiAnswer> =>
    service.api.post('/v1/auth/password', { currentPassword: user.password, newPassword: NEW_PASSWORD, ...body }, { token });
  const codeOf = async (token: string): Promise<[number, string | undefined]> => {
    const { status, body } = await service.api.get('/v1/users/me', { token });
    return [status, body?.code];
  };

  it('ends every other session and what admins issued, keeps this one, and turns the old password away', async () => {
    const user = await registerUser(service.api);
    const other = (await login(user, user.password)).body;
    const issued = await service.api.post(`/v1/users/${user.id}/tokens`, { ttlSeconds: 3600 }, { token: admin.token });
    expect((await change(user, {})).status).toBe(204);
    expect(await codeOf(user.token)).toEqual([200, undefined]);
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken })).status).toBe(200);
    expect(await codeOf(other.accessToken)).toEqual([401, 'auth.session_ended']);
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: other.refreshToken })).body.code).toBe('auth.session_ended');
    expect(await codeOf(issued.body.accessToken)).toEqual([401, 'auth.session_ended']);
    expect((await login(user, user.password)).body.code).toBe('auth.invalid_credentials');
    expect((await login(user, NEW_PASSWORD)).status).toBe(200);
    const { body } = await service.api.get('/v1/auth/sessions', { token: user.token });
    expect(body.items).toHaveLength(2);
  });

  it('is one write: the version grows by one', async () => {
    const user = await registerUser(service.api);
    await change(user, {});
    const { body } = await service.api.get('/v1/users/me', { token: user.token });
    expect(body.version).toBe(2);
  });

  it('refuses a wrong current password and changes nothing', async () => {
    const user = await registerUser(service.api);
    const other = (await login(user, user.password)).body;
    const answer = await change(user, { currentPassword: 'a guess' });
    expect([answer.status, answer.body.code]).toEqual([401, 'auth.invalid_credentials']);
    expect(await codeOf(other.accessToken)).toEqual([200, undefined]);
    expect((await login(user, user.password)).status).toBe(200);
  });

  it.each([
    ['too short', 'short', 'password.too_short'],
    ['too common', 'password1234', 'password.too_common'],
    ['too long', 'ü'.repeat(600), 'password.too_long'],
  ])('refuses a new password that is %s, naming the field', async (_what, newPassword, code) => {
    const user = await registerUser(service.api);
    const { status, body } = await change(user, { newPassword });
    expect([status, body.code]).toEqual([400, 'request.invalid']);
    expect(body.errors).toEqual([expect.objectContaining({ field: 'newPassword', code })]);
  });

  it.each([
    ['no body', {}],
    ['a number', { currentPassword: 1, newPassword: 2 }],
    ['an unknown field', { currentPassword: 'x', newPassword: NEW_PASSWORD, userId: 'x' }],
    ['a text for keepApiKeys', { currentPassword: 'x', newPassword: NEW_PASSWORD, keepApiKeys: 'yes' }],
  ])('refuses %s', async (_what, body) => {
    const { status } = await service.api.post('/v1/auth/password', body, { token: admin.token });
    expect(status).toBe(400);
  });

  it('needs a session', async () => {
    const { status, body } = await service.api.post('/v1/auth/password', { currentPassword: 'x', newPassword: NEW_PASSWORD });
    expect([status, body.code]).toEqual([401, 'auth.token_missing']);
  });

  it('is won by one of many who change it at once', async () => {
    const user = await registerUser(service.api);
    const sessions = await Promise.all(Array.from({ length: 8 }, async () => (await login(user, user.password)).body.accessToken as string));
    const answers = await Promise.all(sessions.map((token, n) => change(user, { newPassword: `${NEW_PASSWORD} ${n}` }, token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(7).fill(401)]);
    const winner = answers.findIndex(({ status }) => status === 204);
    expect((await login(user, `${NEW_PASSWORD} ${winner}`)).status).toBe(200);
    const alive = await Promise.all(sessions.map(async (token) => (await codeOf(token))[0]));
    expect(alive.map((status) => status === 200)).toEqual(sessions.map((_, n) => n === winner));
  });

  it('leaves no session to a login with the old password, however closely they race', async () => {
    for (let round = 0; round < 5; round += 1) {
      const user = await registerUser(service.api);
      const [changed, ...logins] = await Promise.all([change(user, {}), ...Array.from({ length: 6 }, () => login(user, user.password))]);
      expect(changed.status).toBe(204);
      const tokens = logins.filter(({ status }) => status === 200).map(({ body }) => body);
      for (const { accessToken, refreshToken } of tokens) {
        expect((await codeOf(accessToken))[0]).toBe(401);
        expect((await service.api.post('/v1/auth/refresh', { refreshToken })).status).toBe(401);
      }
      expect((await codeOf(user.token))[0]).toBe(200);
    }
  });

  it.each([true, false, undefined])('tells others of it before the answer, and whether API keys stay (%p)', async (keepApiKeys) => {
    const user = await registerUser(service.api);
    const bus = service.api.app.get(EventBus, { strict: false });
    const heard: object[] = [];
    for (const phase of ['beforeCommit', 'beforeAnswer'] as const) {
      bus.on('password.changed', phase, (payload) => void (payload.userId === user.id && heard.push({ phase, ...payload })));
    }
    await change(user, { keepApiKeys });
    const fact = { userId: user.id, version: 2, sessionEpoch: 1, keptSessionId: user.sessionId, keepApiKeys: keepApiKeys ?? false };
    expect(heard).toEqual([
      { phase: 'beforeCommit', ...fact },
      { phase: 'beforeAnswer', ...fact },
    ]);
  });

  it('marks the end of the sessions where no store of tokens can undo it', async () => {
    const user = await registerUser(service.api);
    await change(user, {});
    const client = new pg.Client({ connectionString: service.databaseUrl });
    await client.connect();
    const { rows } = await client.query('SELECT session_epoch, excepted_session_id FROM users WHERE id = $1', [user.id]);
    await client.end();
    expect(rows).toEqual([{ session_epoch: 1, excepted_session_id: user.sessionId }]);
  });

  it('tells the owner by mail, if the address is verified', async () => {
    const [user, unverified] = [await verifiedUser(service.api, mailbox), await registerUser(service.api)];
    await Promise.all([change(user, {}), change(unverified, {})]);
    expect((await mailbox.mailTo(user.email, 2)).subject).toBe('Your password was changed');
    expect(await mailbox.allTo(unverified.email)).toHaveLength(1);
  });
});

describeOnEitherShape('the limit on guesses at the current password', (shape) => {
  let service: TestService;

  beforeAll(async () => {
    service = await startService(shape);
  });
  afterAll(() => service.stop());

  describe('with a stolen session', () => {
    it('answers 429 with Retry-After, also to the right one then; bad new passwords do not count', async () => {
      const user = await registerUser(service.api);
      const change = (body: object): Promise<ApiAnswer> => service.api.post('/v1/auth/password', body, { token: user.token });
      for (let n = 0; n < 12; n += 1) expect((await change({ currentPassword: user.password, newPassword: 'short' })).status).toBe(400);
      const guesses = await Promise.all(Array.from({ length: 12 }, () => change({ currentPassword: 'a guess', newPassword: NEW_PASSWORD })));
      expect(guesses.map(({ status }) => status).sort()).toEqual([...Array<number>(10).fill(401), 429, 429]);
      const right = await change({ currentPassword: user.password, newPassword: NEW_PASSWORD });
      expect([right.status, right.body.code]).toEqual([429, 'request.rate_limited']);
      expect(Number(right.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  });
});
