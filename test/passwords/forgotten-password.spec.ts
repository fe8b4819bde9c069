import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { Mailbox, NEW_PASSWORD, tokenIn, verifiedUser } from './mailbox.js';

describeOnEitherShape('a forgotten password', (shape) => {
  let service: BundledService;
  let mailbox: Mailbox;
  let admin: RegisteredUser;
  let database: pg.Pool;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off', PUBLIC_URL: 'https://id.example.test/accounts' });
    mailbox = new Mailbox(service);
    database = new pg.Pool({ connectionString: service.databaseUrl, max: 1 });
    database.on('error', () => undefined);
    admin = await registerUser(service.api);
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const forgot = (email: string, headers = {}): Promise<ApiAnswer> => service.api.post('/v1/auth/password/forgot', { email }, { headers });
  const reset = (token: string, newPassword = NEW_PASSWORD): Promise<ApiAnswer> => service.api.post('/v1/auth/password/reset', { token, newPassword });
  const login = (user: RegisteredUser, password: string): Promise<ApiAnswer> => service.api.post('/v1/auth/login', { identifier: user.email, password });
  const userWithToken = async (): Promise<[RegisteredUser, string]> => {
    const user = await verifiedUser(service.api, mailbox);
    await forgot(user.email);
    return [user, await mailbox.tokenTo(user.email, 2)];
  };
  const outcomeOf = ({ status, body }: ApiAnswer): [number, string | undefined] => [status, body?.code];
  const INVALID = [400, 'auth.reset_token_invalid'];

  it('is replaced by the token of the mail, which ends every session', async () => {
    const user = await verifiedUser(service.api, mailbox);
    const other = (await login(user, user.password)).body;
    const issued = await service.api.post(`/v1/users/${user.id}/tokens`, { ttlSeconds: 3600 }, { token: admin.token });
    expect((await forgot(user.email.toUpperCase())).status).toBe(202);
    const answer = await reset(await mailbox.tokenTo(user.email, 2));
    expect([answer.status, answer.bytes.length]).toEqual([204, 0]);
    for (const token of [user.token, other.accessToken, issued.body.accessToken]) {
      expect(outcomeOf(await service.api.get('/v1/users/me', { token }))).toEqual([401, 'auth.session_ended']);
    }
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken })).status).toBe(401);
    expect((await login(user, user.password)).status).toBe(401);
    expect((await login(user, NEW_PASSWORD)).status).toBe(200);
    expect((await mailbox.mailTo(user.email, 3)).subject).toBe('Your password was changed');
  });

  it('mails a link that comes from PUBLIC_URL, whatever the Host header says, with the token where no server sees it', async () => {
    const user = await verifiedUser(service.api, mailbox);
    // fetch sends no Host of one's own; a proxy's headers are what an attacker would use.
    await forgot(user.email, { 'x-forwarded-host': 'evil.example', forwarded: 'host=evil.example' });
    const mail = await mailbox.mailTo(user.email, 2);
    const token = tokenIn(mail);
    expect(token).toMatch(/^lp_[A-Za-z0-9_-]{43}[0-9a-z]{6}$/);
    expect(mail.text).toContain(`https://id.example.test/accounts/reset-password#token=${token}`);
    expect(mail.html).toContain(`href="https://id.example.test/accounts/reset-password#token=${token}"`);
    expect(mail.text + mail.html).not.toContain('evil');
    expect(mail.text).toContain('within 1 hour');
  });

  it('is answered byte for byte alike for known, unknown, unverified, disabled and impossible addresses', async () => {
    const [known, unverified, disabled] = [await verifiedUser(service.api, mailbox), await registerUser(service.api), await verifiedUser(service.api, mailbox)];
    await service.api.patch(`/v1/users/${disabled.id}`, { disabled: true }, { token: admin.token });
    const emails = [known.email, 'nobody@example.test', unverified.email, disabled.email, known.username, `<${known.email}>`, `${known.email}\r\nBcc: eve@example.test`, 'no address at all'];
    const answers = await Promise.all(emails.map((email) => forgot(email)));
    const seen = answers.map(({ status, headers, bytes }) => {
      const kept = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
      return { status, bytes: bytes.toString('hex'), headers: kept };
    });
    for (const each of seen) expect(each).toEqual(seen[0]);
    expect(seen[0]).toMatchObject({ status: 202, bytes: '' });
    await mailbox.mailTo(known.email, 2);
    // Each has the mail of its registration alone; a username is no address.
    expect(await mailbox.allTo(known.email)).toHaveLength(2);
    expect(await mailbox.allTo(unverified.email)).toHaveLength(1);
    expect(await mailbox.allTo(disabled.email)).toHaveLength(1);
  });

  it.each([['nothing', undefined], ['a number', 7], ['a list', ['a@example.test']], ['an object', { $gt: '' }], ['too much', 'x'.repeat(321)], ['NUL', 'a\0b@example.test']])(
    'refuses %s for an address',
    async (_what, email) => {
      const { status, body } = await service.api.post('/v1/auth/password/forgot', { email });
      expect([status, body.code]).toEqual([400, 'request.invalid']);
    },
  );

  it('is replaced once by one token, however many try at once', async () => {
    const [user, token] = await userWithToken();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => reset(token, `${NEW_PASSWORD} ${n}`)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, ...Array<number>(19).fill(400)]);
    const winner = answers.findIndex(({ status }) => status === 204);
    expect((await login(user, `${NEW_PASSWORD} ${winner}`)).status).toBe(200);
    for (const answer of answers.filter(({ status }) => status === 400)) expect(answer.body.code).toBe('auth.reset_token_invalid');
  });

  it('is not replaced by a bad password, which leaves the token usable', async () => {
    const [user, token] = await userWithToken();
    for (const bad of ['short', 'password1234', user.username.repeat(2), 'ü'.repeat(600)]) {
      const { status, body } = await reset(token, bad);
      expect([status, body.code, body.errors[0].field]).toEqual([400, 'request.invalid', 'newPassword']);
    }
    expect((await reset(token)).status).toBe(204);
  });

  it('is not replaced by a token that is changed, made up, or of another purpose', async () => {
    const user = await registerUser(service.api);
    const verification = await mailbox.tokenTo(user.email);
    const [, token] = await userWithToken();
    const changed = `${token.slice(0, 10)}${token[10] === 'A' ? 'B' : 'A'}${token.slice(11)}`;
    for (const wrong of [verification, changed, token.slice(0, -1), `${token}x`, 'lp_', token.toUpperCase(), ` ${token}`]) {
      expect(outcomeOf(await reset(wrong))).toEqual(INVALID);
    }
    expect((await reset(token)).status).toBe(204);
  });

  it('is not replaced by an older token than the last that was mailed', async () => {
    const [user, first] = await userWithToken();
    await forgot(user.email);
    const second = await mailbox.tokenTo(user.email, 3);
    expect(outcomeOf(await reset(first))).toEqual(INVALID);
    expect((await reset(second)).status).toBe(204);
  });

  it('is not replaced by a token that has expired by the database’s clock', async () => {
    const [user, token] = await userWithToken();
    const { rows } = await database.query(`SELECT extract(epoch FROM expires_at - created_at)::float AS life FROM one_time_tokens WHERE user_id = $1 AND purpose = 'password_reset'`, [user.id]);
    expect(rows[0].life).toBeCloseTo(3600, 0);
    await database.query('UPDATE one_time_tokens SET expires_at = clock_timestamp() WHERE user_id = $1', [user.id]);
    expect(outcomeOf(await reset(token))).toEqual(INVALID);
    expect((await login(user, user.password)).status).toBe(200);
  });

  it('is not replaced after the password was changed, the address is to be changed, or the account was disabled', async () => {
    const [changer, first] = await userWithToken();
    await service.api.post('/v1/auth/password', { currentPassword: changer.password, newPassword: 'another good phrase' }, { token: changer.token });
    expect(outcomeOf(await reset(first))).toEqual(INVALID);

    const [mover, second] = await userWithToken();
    await service.api.patch('/v1/users/me', { email: `new-${mover.email}`, currentPassword: mover.password }, { token: mover.token });
    expect(outcomeOf(await reset(second))).toEqual(INVALID);

    const [disabled, third] = await userWithToken();
    await service.api.patch(`/v1/users/${disabled.id}`, { disabled: true }, { token: admin.token });
    expect(outcomeOf(await reset(third))).toEqual(INVALID);

    const [moved, fourth] = await userWithToken();
    await service.api.patch(`/v1/users/${moved.id}`, { email: `moved-${moved.email}`, emailVerified: true }, { token: admin.token });
    expect(outcomeOf(await reset(fourth))).toEqual(INVALID);

    const [gone, fifth] = await userWithToken();
    await service.api.delete(`/v1/users/${gone.id}`, { token: admin.token });
    expect(outcomeOf(await reset(fifth))).toEqual(INVALID);
    expect((await database.query('SELECT 1 FROM one_time_tokens WHERE user_id = $1', [gone.id])).rowCount).toBe(0);
  });

  it('leaves nothing in the database from which a token could be used', async () => {
    const [, token] = await userWithToken();
    const { rows } = await database.query('SELECT row_to_json(t)::text AS row FROM one_time_tokens t');
    for (const { row } of rows) {
      expect(row).not.toContain(token);
      expect(row).not.toContain(Buffer.from(token).toString('hex'));
      expect(row).not.toContain(Buffer.from(token.slice(3, -6), 'base64url').toString('hex'));
    }
  });

  describe('of somebody who reads Chinese', () => {
    it.each([['zh-CN', true], ['zh', true], ['zh-Hant-TW', true], ['en-GB', false], ['zha', false], [null, false]])('with the locale %p', async (locale, isChinese) => {
      const user = await verifiedUser(service.api, mailbox);
      await service.api.patch('/v1/users/me', { locale }, { token: user.token });
      await forgot(user.email);
      const mail = await mailbox.mailTo(user.email, 2);
      expect([mail.subject, mail.text.includes('1 小时内有效'), mail.html.includes('lang="zh-Hans"')]).toEqual([
        isChinese ? '设置新密码' : 'Choose a new password',
        isChinese,
        isChinese,
      ]);
    });
  });
}, 'PostgreSQL alone');

describeOnEitherShape('the limits on forgotten passwords', (shape) => {
  let service: BundledService;
  let mailbox: Mailbox;

  beforeAll(async () => {
    service = await startBundledService(shape);
    mailbox = new Mailbox(service);
  });
  afterAll(() => service.stop());

  it('answer 429 alike for known and unknown, and leave others alone', async () => {
    const [known, neighbour] = [await verifiedUser(service.api, mailbox), await verifiedUser(service.api, mailbox)];
    const ask = async (email: string): Promise<number[]> => {
      const statuses: number[] = [];
      for (let n = 0; n < 6; n += 1) statuses.push((await service.api.post('/v1/auth/password/forgot', { email: n % 2 ? email : email.toUpperCase() })).status);
      return statuses;
    };
    const expected = [202, 202, 202, 202, 202, 429];
    expect(await ask(known.email)).toEqual(expected);
    expect(await ask('nobody@example.test')).toEqual(expected);
    expect((await service.api.post('/v1/auth/password/forgot', { email: neighbour.email })).status).toBe(202);
    await mailbox.mailTo(neighbour.email, 2);
  });
}, 'PostgreSQL alone');
