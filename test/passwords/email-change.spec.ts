import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';
import { Mailbox, verifiedUser } from './mailbox.js';

const INVALID = [400, 'auth.verification_token_invalid'];
const outcomeOf = ({ status, body }: ApiAnswer): [number, string | undefined] => [status, body?.code];

describeOnEitherShape('changing the e-mail address', (shape) => {
  let service: BundledService;
  let mailbox: Mailbox;
  let admin: RegisteredUser;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
    mailbox = new Mailbox(service);
    admin = await registerUser(service.api);
  });
  afterAll(() => service.stop());

  const change = (user: RegisteredUser, email: string): Promise<ApiAnswer> =>
    service.api.patch('/v1/users/me', { email, currentPassword: user.password }, { token: user.token });
  const verify = (token: string): Promise<ApiAnswer> => service.api.post('/v1/auth/email/verify', { token });
  const me = async ({ token }: RegisteredUser) => (await service.api.get('/v1/users/me', { token })).body;
  const subjectsTo = async (address: string): Promise<string[]> => (await mailbox.allTo(address)).map(({ subject }) => subject);

  it('waits for the confirmation from the new address; the old one is told before and after', async () => {
    const user = await verifiedUser(service.api, mailbox);
    const next = `next-${user.email}`;
    expect((await change(user, next)).status).toBe(200);
    const mail = await mailbox.mailTo(next);
    expect(mail.subject).toBe('Confirm your new e-mail address');
    expect((await mailbox.mailTo(user.email, 2)).subject).toBe('Your e-mail address is to be changed');
    expect(await me(user)).toMatchObject({ email: user.email, pendingEmail: next, emailVerified: true });

    expect((await verify(await mailbox.tokenTo(next))).status).toBe(204);
    expect(await me(user)).toMatchObject({ email: next, pendingEmail: null, emailVerified: true });
    expect((await mailbox.mailTo(user.email, 3)).subject).toBe('Your e-mail address was changed');
    expect(await subjectsTo(next)).toHaveLength(1);
    const login = (identifier: string): Promise<ApiAnswer> => service.api.post('/v1/auth/login', { identifier, password: user.password });
    expect([(await login(user.email)).status, (await login(next)).status]).toEqual([401, 200]);
  });

  it('tells neither address the other', async () => {
    const user = await verifiedUser(service.api, mailbox);
    await change(user, `other-${user.email}`);
    await verify(await mailbox.tokenTo(`other-${user.email}`));
    await mailbox.mailTo(user.email, 3);
    for (const { text, html } of await mailbox.allTo(user.email)) expect(text + html).not.toContain('other-');
  });

  it('is decided by the database when another account takes the address first; the token stays good', async () => {
    const user = await verifiedUser(service.api, mailbox);
    const wanted = `wanted-${user.email}`;
    await change(user, wanted);
    const token = await mailbox.tokenTo(wanted);
    const rival = await registerUser(service.api, { email: wanted.toUpperCase() });
    for (let n = 0; n < 2; n += 1) expect(outcomeOf(await verify(token))).toEqual([409, 'user.email_taken']);
    expect(await me(user)).toMatchObject({ email: user.email, pendingEmail: wanted });
    await service.api.delete(`/v1/users/${rival.id}`, { token: admin.token });
    expect((await verify(token)).status).toBe(204);
  });

  it('gives the address to one of many who confirm it at once', async () => {
    const wanted = `shared-${admin.email}`;
    const users = await Promise.all(Array.from({ length: 5 }, () => verifiedUser(service.api, mailbox)));
    await Promise.all(users.map((user) => change(user, wanted)));
    const tokens = await Promise.all(users.map((_, n) => mailbox.tokenTo(wanted, n + 1)));
    const answers = await Promise.all(tokens.map(verify));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 409, 409, 409, 409]);
    const owners = (await Promise.all(users.map(me))).filter(({ email }) => email === wanted);
    expect(owners).toHaveLength(1);
  });

  it('is confirmed by the token for the last address that was asked for, and no other', async () => {
    const user = await verifiedUser(service.api, mailbox);
    const [first, second] = [`first-${user.email}`, `second-${user.email}`];
    await change(user, first);
    const stale = await mailbox.tokenTo(first);
    await change(user, second);
    const token = await mailbox.tokenTo(second);
    expect(outcomeOf(await verify(stale))).toEqual(INVALID);
    expect((await verify(token)).status).toBe(204);
    expect((await me(user)).email).toBe(second);
  });

  it('is called off by going back to the current address', async () => {
    const user = await verifiedUser(service.api, mailbox);
    await change(user, `never-${user.email}`);
    const token = await mailbox.tokenTo(`never-${user.email}`);
    await change(user, user.email);
    expect(outcomeOf(await verify(token))).toEqual(INVALID);
    expect(await me(user)).toMatchObject({ email: user.email, pendingEmail: null });
  });

  it('sends the confirmation again to the address that waits', async () => {
    const user = await verifiedUser(service.api, mailbox);
    const next = `again-${user.email}`;
    await change(user, next);
    await mailbox.mailTo(next);
    await service.api.post('/v1/auth/email/verification', undefined, { token: user.token });
    expect((await verify(await mailbox.tokenTo(next, 2))).status).toBe(204);
  });

  it('by an admin is told to the old address, and unverified', async () => {
    const user = await verifiedUser(service.api, mailbox);
    const answer = await service.api.patch(`/v1/users/${user.id}`, { email: `set-${user.email}` }, { token: admin.token });
    expect(answer.body).toMatchObject({ email: `set-${user.email}`, emailVerified: false });
    expect((await mailbox.mailTo(user.email, 2)).subject).toBe('Your e-mail address was changed');
  });

  it('mails nobody when nothing was changed', async () => {
    const user = await verifiedUser(service.api, mailbox);
    await service.api.patch('/v1/users/me', { displayName: 'Ada' }, { token: user.token });
    await change(user, user.email.toUpperCase());
    expect((await change(user, admin.email)).status).toBe(409);
    expect(await subjectsTo(user.email)).toHaveLength(1);
  });
}, 'PostgreSQL alone');
