import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { registerUser, type ApiAnswer } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';

const account = (tag: string): Record<string, unknown> => ({ email: `${tag}@example.test`, username: tag, password: 'correct horse battery' });

const withoutInstance = ({ body }: ApiAnswer): object => ({ ...body, instance: undefined });

describeOnEitherShape('registration and login', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape, { RATE_LIMITS: 'off' });
  });
  afterAll(() => service.stop());

  it('makes exactly one administrator when 50 register at once', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, (_, n) => service.api.post('/v1/auth/register', account(`racer-${n}`))));
    expect(answers.map(({ status }) => status)).toEqual(Array<number>(50).fill(201));
    const admins = answers.filter(({ body }) => body.user.roles.includes('admin'));
    expect(admins).toHaveLength(1);
  });

  it('answers a registration with the user and tokens that work', async () => {
    const { status, body } = await service.api.post('/v1/auth/register', { ...account('Grace'), displayName: 'Grace Hopper', platform: 'macos', deviceName: 'desk' });
    expect(status).toBe(201);
    expect(body.user).toMatchObject({ username: 'grace', displayName: 'Grace Hopper', emailVerified: false, version: 1 });
    expect(JSON.stringify(body.user)).not.toContain('password');
    const me = await service.api.get('/v1/users/me', { token: body.tokens.accessToken });
    expect(me.body).toEqual(body.user);
  });

  it('signs in by username and by e-mail address, in any case', async () => {
    const user = await registerUser(service.api);
    for (const identifier of [user.username, user.username.toUpperCase(), user.email, user.email.toUpperCase()]) {
      const { status, body } = await service.api.post('/v1/auth/login', { identifier, password: user.password });
      expect([identifier, status]).toEqual([identifier, 200]);
      expect(body).toMatchObject({ tokenType: 'Bearer', expiresIn: 900 });
    }
  });

  it('answers an unknown account exactly like a wrong password', async () => {
    const user = await registerUser(service.api);
    const [unknown, wrong, disabledLike] = await Promise.all([
      service.api.post('/v1/auth/login', { identifier: 'nobody@example.test', password: 'x' }),
      service.api.post('/v1/auth/login', { identifier: user.email, password: 'x' }),
      service.api.post('/v1/auth/login', { identifier: '\uFEFFnobody', password: 'x'.repeat(1024) }),
    ]);
    expect(unknown.status).toBe(401);
    expect(unknown.body.code).toBe('auth.invalid_credentials');
    expect(withoutInstance(unknown)).toEqual(withoutInstance(wrong));
    expect(withoutInstance(unknown)).toEqual(withoutInstance(disabledLike));
    const names = (answer: ApiAnswer): string[] => [...answer.headers.keys()].sort();
    expect(names(unknown)).toEqual(names(wrong));
  });

  it('refuses a taken e-mail address or username in any case, also when many ask at once', async () => {
    const user = await registerUser(service.api);
    const email = await service.api.post('/v1/auth/register', { ...account('someone'), email: user.email.toUpperCase() });
    expect([email.status, email.body.code]).toEqual([409, 'user.email_taken']);
    const username = await service.api.post('/v1/auth/register', { ...account('else'), username: user.username.toUpperCase() });
    expect([username.status, username.body.code]).toEqual([409, 'user.username_taken']);
    const race = await Promise.all(Array.from({ length: 10 }, () => service.api.post('/v1/auth/register', account('twin'))));
    expect(race.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(409)]);
  });

  it.each([
    ['no body', undefined],
    ['an array', []],
    ['a missing e-mail address', { ...account('m1'), email: undefined }],
    ['a number for a username', { ...account('m2'), username: 7 }],
    ['an unknown field', { ...account('m3'), isAdmin: true }],
    ['roles of one’s own choice', { ...account('m4'), roles: ['admin'] }],
    ['an address without @', { ...account('m5'), email: 'nope' }],
    ['a username with @', { ...account('m6'), username: 'a@b' }],
    ['a short password', { ...account('m7'), password: 'short' }],
    ['a common password', { ...account('m8'), password: 'password1234' }],
    ['a password of more than 1,024 bytes', { ...account('m9'), password: 'ü'.repeat(600) }],
    ['NUL in a name', { ...account('m10'), displayName: 'a\0b' }],
    ['an unknown platform', { ...account('m11'), platform: 'amiga' }],
    ['a device name of 101 characters', { ...account('m12'), deviceName: 'x'.repeat(101) }],
    ['an object for a device name', { ...account('m13'), deviceName: { $gt: '' } }],
  ])('refuses %s with request.invalid, naming the field', async (_what, body) => {
    const answer = await service.api.post('/v1/auth/register', body === undefined ? {} : body);
    expect([answer.status, answer.body.code]).toEqual([400, 'request.invalid']);
    expect(answer.body.errors.length).toBeGreaterThan(0);
  });

  it('keeps the password out of every answer to a bad registration', async () => {
    const { body } = await service.api.post('/v1/auth/register', { ...account('q'), email: 'nope', password: 'tell nobody this' });
    expect(JSON.stringify(body)).not.toContain('tell nobody this');
  });
}, 'PostgreSQL alone');

describeOnEitherShape('the first administrator of a production deployment', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape, { BOOTSTRAP_TOKEN: 'a token of the operator', REGISTRATION: 'closed', RATE_LIMITS: 'off' });
  });
  afterAll(() => service.stop());

  it('is whoever brings the bootstrap token first, once, even with registration closed', async () => {
    const without = await service.api.post('/v1/auth/register', account('early'));
    expect([without.status, without.body.code]).toEqual([403, 'auth.registration_closed']);
    expect((await service.api.post('/v1/auth/register', { ...account('none'), bootstrapToken: null })).body.code).toBe('auth.registration_closed');
    const wrong = await service.api.post('/v1/auth/register', { ...account('guess'), bootstrapToken: 'a guess' });
    expect([wrong.status, wrong.body.code]).toEqual([403, 'auth.bootstrap_refused']);
    const race = await Promise.all(
      Array.from({ length: 10 }, (_, n) => service.api.post('/v1/auth/register', { ...account(`op-${n}`), bootstrapToken: 'a token of the operator' })),
    );
    expect(race.map(({ status }) => status).sort()).toEqual([201, ...Array<number>(9).fill(403)]);
    expect(race.find(({ status }) => status === 201)!.body.user.roles).toEqual(['admin']);
  });
}, 'PostgreSQL alone');

describeOnEitherShape('the limit on failed logins', (shape) => {
  let service: BundledService;

  beforeAll(async () => {
    service = await startBundledService(shape);
  });
  afterAll(() => service.stop());

  it('answers 429 with Retry-After to guesses at one account, and leaves others of the same address alone', async () => {
    const [victim, other] = [await registerUser(service.api), await registerUser(service.api)];
    const guesses = await Promise.all(Array.from({ length: 15 }, () => service.api.post('/v1/auth/login', { identifier: victim.email, password: 'a guess' })));
    const refused = guesses.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(5);
    expect(refused[0]!.body.code).toBe('request.rate_limited');
    expect(Number(refused[0]!.headers.get('retry-after'))).toBeGreaterThan(0);
    const neighbour = await service.api.post('/v1/auth/login', { identifier: other.email, password: other.password });
    expect(neighbour.status).toBe(200);
  });

  it('does not count logins that succeed', async () => {
    const user = await registerUser(service.api);
    for (let n = 0; n < 12; n++) {
      const { status } = await service.api.post('/v1/auth/login', { identifier: user.email, password: user.password });
      expect(status).toBe(200);
    }
  });
}, 'PostgreSQL alone');
