import { afterAll, beforeAll, expect, it } from '@jest/globals';
import pg from 'pg';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { SmtpInbox } from '../mail/smtp-inbox.js';
import { Mailbox, tokenIn, verifiedUser } from './mailbox.js';

const outcomeOf = ({ status, body }: ApiAnswer): [number, string | undefined] => [status, body?.code];
const INVALID = [400, 'auth.verification_token_invalid'];

describeOnEitherShape('verifying the e-mail address', (shape) => {
  let service: BundledService;
  let mailbox: Mailbox;
  let admin: RegisteredUser;
  let database: pg.Pool;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
    mailbox = new Mailbox(service);
    database = new pg.Pool({ connectionString: service.databaseUrl, max: 1 });
    database.on('error', () => undefined);
    admin = await registerUser(service.api);
  });
  afterAll(async () => {
    await database.end();
    await service.stop();
  });

  const verify = (token: string): Promise<ApiAnswer> => service.api.post('/v1/auth/email/verify', { token });
  const me = async ({ token }: RegisteredUser) => (await service.api.get('/v1/users/me', { token })).body;
  const sendAgain = ({ token }: RegisteredUser): Promise<ApiAnswer> => service.api.post('/v1/auth/email/verification', undefined, { token });

  it('is asked for by mail at registration, and done by the token of the mail', async () => {
    const user = await registerUser(service.api);
    const mail = await mailbox.mailTo(user.email);
    expect(mail.subject).toBe('Confirm your e-mail address');
    expect(tokenIn(mail)).toMatch(/^lv_[A-Za-z0-9_-]{43}[0-9a-z]{6}$/);
    expect(mail.html).toContain(`href="http://likeness.test/verify-email#token=${tokenIn(mail)}"`);
    expect((await me(user)).emailVerified).toBe(false);
    const answer = await verify(tokenIn(mail));
    expect([answer.status, answer.bytes.length]).toEqual([204, 0]);
    expect(await me(user)).toMatchObject({ emailVerified: true, version: 2 });
  });

  it('ends no session', async () => {
    const user = await verifiedUser(service.api, mailbox);
    expect((await service.api.post('/v1/auth/refresh', { refreshToken: user.refreshToken })).status).toBe(200);
  });

  it('is done once by each token, and said to whoever opens the link again, however many come at once', async () => {
    const user = await registerUser(service.api);
    const token = await mailbox.tokenTo(user.email);
    const answers = await Promise.all(Array.from({ length: 20 }, () => verify(token)));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(20).fill(204));
    expect((await verify(token)).status).toBe(204);
    expect(await me(user)).toMatchObject({ emailVerified: true, version: 2 });
  });

  it('is not said by a used token once the address is no longer proved, or no longer the account’s', async () => {
    const [user, moved, disabled] = [await verifiedUser(service.api, mailbox), await verifiedUser(service.api, mailbox), await verifiedUser(service.api, mailbox)];
    const tokenOf = (owner: RegisteredUser): Promise<string> => mailbox.tokenTo(owner.email);
    for (const owner of [user, moved, disabled]) expect((await verify(await tokenOf(owner))).status).toBe(204);
    const change = (owner: RegisteredUser, patch: object): Promise<ApiAnswer> => service.api.patch(`/v1/users/${owner.id}`, patch, { token: admin.token });
    await change(user, { emailVerified: false });
    await change(moved, { email: `moved-${moved.email}`, emailVerified: true });
    await change(disabled, { disabled: true });
    for (const owner of [user, moved, disabled]) expect(outcomeOf(await verify(await tokenOf(owner)))).toEqual(INVALID);
    expect((await me(user)).emailVerified).toBe(false);
  });

  it('is forgotten with the token when that would have expired', async () => {
    const user = await verifiedUser(service.api, mailbox);
    await database.query('UPDATE one_time_tokens SET expires_at = clock_timestamp() WHERE user_id = $1', [user.id]);
    expect(outcomeOf(await verify(await mailbox.tokenTo(user.email)))).toEqual(INVALID);
  });

  it('takes no token that is another’s kind, made up, replaced or expired', async () => {
    const user = await registerUser(service.api);
    const first = await mailbox.tokenTo(user.email);
    expect((await sendAgain(user)).status).toBe(202);
    const second = await mailbox.tokenTo(user.email, 2);
    for (const wrong of [first, `lp${second.slice(2)}`, second.slice(0, -1), 'lv_', 'x']) expect(outcomeOf(await verify(wrong))).toEqual(INVALID);
    await database.query('UPDATE one_time_tokens SET expires_at = clock_timestamp() WHERE user_id = $1', [user.id]);
    expect(outcomeOf(await verify(second))).toEqual(INVALID);
    await sendAgain(user);
    const third = await mailbox.tokenTo(user.email, 3);
    const { rows } = await database.query('SELECT extract(epoch FROM expires_at - created_at)::float AS life FROM one_time_tokens WHERE user_id = $1', [user.id]);
    expect(rows[0].life).toBeCloseTo(86_400, 0);
    expect((await verify(third)).status).toBe(204);
  });

  it('sends again what is wanting, and nothing to whom nothing is wanting', async () => {
    const user = await verifiedUser(service.api, mailbox);
    expect((await sendAgain(user)).status).toBe(202);
    expect(await mailbox.allTo(user.email)).toHaveLength(1);
    const { status, body } = await service.api.post('/v1/auth/email/verification');
    expect([status, body.code]).toEqual([401, 'auth.token_missing']);
  });

  it('does nothing for a disabled user', async () => {
    const user = await registerUser(service.api);
    const token = await mailbox.tokenTo(user.email);
    await service.api.patch(`/v1/users/${user.id}`, { disabled: true }, { token: admin.token });
    expect(outcomeOf(await verify(token))).toEqual(INVALID);
  });

  it('says nothing of the user’s own making: nobody writes mails to others through us', async () => {
    const user = await registerUser(service.api, { displayName: 'Win at http://evil.example <b>now</b>', username: `www.pills${shape.length}.example` });
    const mail = await mailbox.mailTo(user.email);
    expect(mail.subject + mail.text + mail.html).not.toMatch(/evil|<b>|pills/);
  });

  it('removes expired tokens when others are made', async () => {
    const user = await registerUser(service.api);
    await mailbox.mailTo(user.email);
    await database.query(`UPDATE one_time_tokens SET expires_at = clock_timestamp() WHERE user_id = $1`, [user.id]);
    const next = await registerUser(service.api);
    await mailbox.mailTo(next.email);
    expect((await database.query('SELECT 1 FROM one_time_tokens WHERE expires_at <= clock_timestamp()')).rowCount).toBe(0);
  });
});

describeOnEitherShape('mail over SMTP', (shape) => {
  it('reaches its reader, is tried again after a refusal, and never changes an answer', async () => {
    let refusals = 2;
    const inbox = await SmtpInbox.open({
      onRcptTo: (_address, _session, done) => done(refusals-- > 0 ? Object.assign(new Error('later'), { responseCode: 451 }) : null),
    });
    const service = await startBundledService(shape, { SMTP_URL: inbox.url, MAIL_FROM: 'Accounts <accounts@example.test>', RATE_LIMITS: 'off' });
    try {
      const users = [await registerUser(service.api), await registerUser(service.api), await registerUser(service.api)];
      for (let waited = 0; inbox.received.length < 3 && waited < 20_000; waited += 50) await new Promise((resolve) => setTimeout(resolve, 50));
      expect(inbox.received.map(({ to }) => to).sort()).toEqual(users.map(({ email }) => email).sort());
      expect(inbox.received[0]!.from).toBe('Accounts <accounts@example.test>');
      const mail = inbox.received.find(({ to }) => to === users[0]!.email)!;
      expect((await service.api.post('/v1/auth/email/verify', { token: tokenIn(mail) })).status).toBe(204);
      await inbox.close();
      expect((await service.api.post('/v1/auth/password/forgot', { email: users[0]!.email })).status).toBe(202);
      expect((await service.api.get('/health/ready')).status).toBe(200);
    } finally {
      await inbox.close();
      await service.stop();
    }
  });
});

describeOnEitherShape('the limit on verification mails', (shape) => {
  it('answers 429 to whom asks too often', async () => {
    const service = await startBundledService(shape);
    try {
      const user = await registerUser(service.api);
      const statuses: number[] = [];
      for (let n = 0; n < 6; n += 1) statuses.push((await service.api.post('/v1/auth/email/verification', undefined, { token: user.token })).status);
      expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
    } finally {
      await service.stop();
    }
  });
});
