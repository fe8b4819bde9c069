import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';
import type { ServiceAdapter } from '../../src/kernel/http/index.js';
import { Limits, type Charge } from '../../src/kernel/limits/index.js';
import { newOneTimeToken } from '../../src/modules/auth/credentials/one-time-token.codec.js';
import { makeKey } from '../api-keys/api-keys-client.js';
import { Api, registerUser, type ApiAnswer, type ApiRequest, type RegisteredUser } from '../kit/api.js';
import { testConfig } from '../kit/config.js';
import { FaultyLink } from '../kit/faulty-link.js';
import { withDatabase, type TestDatabase } from '../kit/postgres.js';
import { bodyOf, documentedOperations, needsToken, pathOf, takesForm, takesJson, takesPicture, type Operation } from './documented-operations.js';

const OPERATIONS = documentedOperations();
/** What looks into no store before it answers: nothing that these tests break is in its way. */
const STORELESS = new Set(['operations_live', 'operations_started', 'wellKnown_jwks', 'wellKnown_authorizationServer', 'auth_forgotPassword']);
const MAX_PICTURE_BYTES = 2_000;
const BOOTSTRAP_TOKEN = 'bootstrap token of these tests';

const named = (operations: readonly Operation[]): (readonly [string, Operation])[] => operations.map((operation) => [operation.id, operation] as const);
/** Those of the operations that say they give this status, for a reason that the test knows how to give. */
const giving = (status: number, applies: (operation: Operation) => boolean = () => true): (readonly [string, Operation])[] =>
  named(OPERATIONS.filter((operation) => operation.statuses.has(status) && applies(operation)));

interface Question extends ApiRequest {
  readonly path?: string;
  readonly from?: Api;
}

/** What every operation answers for reasons that are not its own; that the answer is as documented is watched over wherever `fetch` is used. */
describe('the documented answers', () => {
  let database: TestDatabase;
  let link: FaultyLink;
  let api: Api;
  /** The same stores, with the settings that open what `api` keeps shut. */
  let open: Api;
  let admin: RegisteredUser;
  let ada: RegisteredUser;
  let reader: string;
  let painter: string;
  let impatient: Server;

  beforeAll(async () => {
    database = await withDatabase();
    const url = new URL(database.url);
    const folder = url.searchParams.get('host');
    link = await FaultyLink.start(folder === null ? { host: url.hostname, port: Number(url.port) } : { path: `${folder}/.s.PGSQL.${url.port || 5432}` });
    url.searchParams.delete('host');
    Object.assign(url, { hostname: '127.0.0.1', port: String(link.port) });
    const settings = { DATABASE_URL: url.href, TRUSTED_PROXIES: '127.0.0.0/8', AVATAR_MAX_BYTES: String(MAX_PICTURE_BYTES), BOOTSTRAP_TOKEN };
    api = await Api.start(testConfig({ ...settings, AVATAR_ACCESS: 'private' }));
    open = await Api.start(testConfig({ ...settings, GRAVATAR: 'on' }));
    admin = await registerUser(api, { bootstrapToken: BOOTSTRAP_TOKEN });
    ada = await registerUser(api);
    [reader, painter] = (await Promise.all([makeKey(api, admin, ['users:read']), makeKey(api, admin, ['avatars:write'])])).map(({ secret }) => secret) as [string, string];
    impatient = await impatientServer(api.app.getHttpServer());
  });
  afterAll(async () => {
    impatient.close();
    impatient.closeAllConnections();
    await link.mend();
    await Promise.all([api.close(), open.close()]);
    link.stop();
    await database.drop();
  });

  const ask = (operation: Operation, { path = pathOf(operation), from = operation.id === 'avatars_showByEmail' ? open : api, ...request }: Question = {}): Promise<ApiAnswer> =>
    from.request(operation.method, path, { token: operation.security.length > 0 ? admin.token : undefined, ...request });
  /** With tokens that are worth looking up. */
  const wellFormed = (operation: Operation): ApiRequest => {
    const tokens: Readonly<Record<string, object>> = {
      auth_refresh: { refreshToken: ada.refreshToken },
      auth_logout: { refreshToken: ada.refreshToken },
      auth_verifyEmail: { token: newOneTimeToken('email_verification') },
      auth_resetPassword: { token: newOneTimeToken('password_reset'), newPassword: 'seven quiet lighthouses' },
    };
    if (tokens[operation.id]) return { body: tokens[operation.id] };
    const request = bodyOf(operation);
    return takesForm(operation) ? { ...request, body: String(request.body).replace(encodeURIComponent('lr_…'), ada.refreshToken) } : request;
  };
  const statusOf = async (answer: Promise<ApiAnswer>): Promise<number> => (await answer).status;

  describe('without a token', () => {
    it.each(named(OPERATIONS.filter(needsToken)))('%s is refused', async (_id, operation) => {
      const answer = await ask(operation, { from: open, token: undefined, ...bodyOf(operation) });
      expect([answer.status, answer.body.code ?? answer.body.error]).toEqual([401, answer.body.error ? 'invalid_client' : 'auth.token_missing']);
    });

    // It may refuse what is in the body, a token among it; it misses none in the header.
    it.each(named(OPERATIONS.filter((operation) => !needsToken(operation))))('%s is not', async (_id, operation) => {
      const answer = await ask(operation, { from: open, token: undefined, ...bodyOf(operation) });
      expect(answer.body?.code).not.toBe('auth.token_missing');
    });
  });

  it.each(giving(401, ({ security }) => security.length > 0))('%s refuses a token that is none', async (_id, operation) => {
    expect(await statusOf(ask(operation, { token: 'x', ...bodyOf(operation) }))).toBe(401);
  });

  it.each(giving(403, ({ security }) => security.length > 0))('%s refuses an API key that has another scope', async (_id, operation) => {
    const isForReaders = operation.security.some(({ apiKey }) => apiKey?.includes('users:read'));
    expect(await statusOf(ask(operation, { token: isForReaders ? painter : reader, ...bodyOf(operation) }))).toBe(403);
  });

  it.each(giving(400, takesJson))('%s refuses a body that is no JSON', async (_id, operation) => {
    expect(await statusOf(ask(operation, { body: '{', headers: { 'content-type': 'application/json' } }))).toBe(400);
  });
  it.each(giving(400, takesForm))('%s refuses a form that is none', async (_id, operation) => {
    expect(await statusOf(ask(operation, { body: 'token=%', headers: { 'content-type': 'application/x-www-form-urlencoded' } }))).toBe(400);
  });
  it.each(giving(400, takesPicture))('%s refuses a form that breaks off', async (_id, operation) => {
    expect(await statusOf(ask(operation, { body: '--x\r\n', headers: { 'content-type': 'multipart/form-data; boundary=x' } }))).toBe(400);
  });
  it.each(giving(400, ({ template }) => template.includes('{')))('%s refuses a path that cannot be decoded', async (_id, operation) => {
    expect(await statusOf(ask(operation, { path: pathOf(operation, '%zz') }))).toBe(400);
  });
  it.each(giving(400, ({ queryNames }) => queryNames.includes('size')))('%s refuses a size that is none', async (_id, operation) => {
    expect(await statusOf(ask(operation, { path: `${pathOf(operation, ada.id)}?size=none` }))).toBe(400);
  });
  // What shows pictures takes whatever else stands there.
  it.each(giving(400, ({ id, queryNames }) => queryNames.length > 0 && !id.startsWith('avatars_')))('%s refuses a query that it does not know', async (_id, operation) => {
    expect(await statusOf(ask(operation, { path: `${pathOf(operation, ada.id)}?nonsense=1` }))).toBe(400);
  });

  // To the Gravatar protocol, nobody is somebody with a default picture.
  it.each(giving(404, ({ id, template }) => template.includes('{') && id !== 'avatars_showByEmail'))('%s knows nothing of what is not there', async (_id, operation) => {
    expect(await statusOf(ask(operation, bodyOf(operation)))).toBe(404);
  });

  it.each(giving(413, takesJson))('%s refuses 300 kB of JSON', async (_id, operation) => {
    expect(await statusOf(ask(operation, { body: JSON.stringify({ text: 'x'.repeat(300_000) }), headers: { 'content-type': 'application/json' } }))).toBe(413);
  });
  it.each(giving(413, takesForm))('%s refuses a form of 40 kB', async (_id, operation) => {
    expect(await statusOf(ask(operation, { body: `token=${'x'.repeat(40_000)}`, headers: { 'content-type': 'application/x-www-form-urlencoded' } }))).toBe(413);
  });
  it.each(giving(413, takesPicture))('%s refuses a picture that is too large', async (_id, operation) => {
    expect(await statusOf(ask(operation, { path: pathOf(operation, ada.id), body: Buffer.alloc(MAX_PICTURE_BYTES + 1) }))).toBe(413);
  });

  it.each(giving(414, ({ queryNames }) => queryNames.length > 0))('%s refuses a query of too many parameters', async (_id, operation) => {
    expect(await statusOf(ask(operation, { path: `${pathOf(operation, ada.id)}?${'a&'.repeat(100)}` }))).toBe(414);
  });
  it.each(giving(414, ({ template }) => template.includes('{')))('%s refuses a path that is too long', async (_id, operation) => {
    expect(await statusOf(ask(operation, { path: pathOf(operation, 'x'.repeat(300)) }))).toBe(414);
  });

  it.each(giving(415, (operation) => !takesPicture(operation)))('%s refuses a body of another type', async (_id, operation) => {
    expect(await statusOf(ask(operation, { body: 'text', headers: { 'content-type': 'text/plain' } }))).toBe(415);
  });
  it.each(giving(415, takesPicture))('%s refuses a picture of a kind that it does not take', async (_id, operation) => {
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>');
    expect(await statusOf(ask(operation, { path: pathOf(operation, ada.id), body: svg, headers: { 'content-type': 'image/svg+xml' } }))).toBe(415);
  });

  it.each(giving(422, takesPicture))('%s refuses what is no picture', async (_id, operation) => {
    expect(await statusOf(ask(operation, { path: pathOf(operation, ada.id), body: Buffer.from('no picture') }))).toBe(422);
  });
  it.each(giving(412, ({ template }) => template.includes('{id}')))('%s refuses a change that was made for another version', async (_id, operation) => {
    const request = bodyOf(operation);
    expect(await statusOf(ask(operation, { path: pathOf(operation, ada.id), ...request, headers: { ...request.headers, 'if-match': '"another"' } }))).toBe(412);
  });

  describe('a body that does not come', () => {
    const answers = new Map<string, Promise<Response>>();
    // All at once: each waits for the same moment.
    beforeAll(() => {
      const { port } = impatient.address() as AddressInfo;
      for (const [id, operation] of giving(408)) {
        const answer = fetch(`http://127.0.0.1:${port}${pathOf(operation, ada.id)}`, {
          method: operation.method,
          headers: { 'content-type': bodyOf(operation).headers?.['content-type'] ?? 'application/json', 'authorization': `Bearer ${admin.token}`, 'connection': 'close' },
          body: new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) }),
          duplex: 'half',
        });
        answers.set(id, answer);
        answer.catch(() => undefined); // its test tells
      }
    });

    it.each(giving(408))('is not waited for by %s', async (id) => {
      expect((await answers.get(id)!).status).toBe(408);
    });
  });

  it('the last admin stays, and no two users have one name', async () => {
    const currentPassword = admin.password;
    const answers = [
      await api.delete('/v1/users/me', { token: admin.token, body: { currentPassword } }),
      await api.post('/v1/users/me/deletion', { currentPassword }, { token: admin.token }),
      await api.patch(`/v1/users/${admin.id}`, { roles: [] }, { token: admin.token }),
      await api.patch(`/v1/users/${ada.id}`, { username: admin.username }, { token: admin.token }),
    ];
    expect(answers.map(({ status, body }) => `${status} ${body.code}`)).toEqual([...Array<string>(3).fill('409 user.last_admin'), '409 user.username_taken']);
  });

  describe('over a limit', () => {
    const CHARGES: Readonly<Record<string, (from: RegisteredUser) => Charge>> = {
      auth_login: () => ['login-address'],
      auth_register: () => ['register-address'],
      auth_refresh: () => ['refresh-address'],
      oauth_token: () => ['refresh-address'],
      auth_forgotPassword: () => ['forgot-address'],
      auth_resetPassword: () => ['mailed-token-address'],
      auth_verifyEmail: () => ['mailed-token-address'],
      auth_sendVerificationMail: ({ id }) => ['verification-account', id],
      auth_changePassword: () => ['password-address'],
      users_updateMe: () => ['password-address'],
      users_deleteMe: () => ['password-address'],
      users_requestMyDeletion: () => ['password-address'],
      avatars_putMine: ({ id }) => ['upload-user', id],
      avatars_put: () => ['upload-user', ada.id],
      avatars_putDefault: ({ id }) => ['upload-user', id],
    };
    const LIMIT_AT_MOST = 3_001;

    it.each(giving(429))('%s says when to come again', async (id, operation) => {
      const limits = api.app.get(Limits);
      const ipAddress = '192.0.2.77';
      const charge = CHARGES[id]!(admin);
      for (let count = 0, isOver = false; !isOver && count < LIMIT_AT_MOST; count++) isOver = await limits.count({ ipAddress }, charge).then(() => false, () => true);
      const request = bodyOf(operation);
      const body = id === 'users_updateMe' ? { email: 'new@example.test', currentPassword: 'a guess' } : request.body;
      const answer = await ask(operation, { path: pathOf(operation, ada.id), body, headers: { ...request.headers, 'x-forwarded-for': ipAddress } });
      expect(answer.status).toBe(429);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    });
  });

  describe('while the tables are not there', () => {
    const rename = async (from: string, to: string): Promise<void> => {
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query(`ALTER SCHEMA ${from} RENAME TO ${to}`);
      await client.end();
    };
    beforeAll(() => rename('public', 'elsewhere'));
    afterAll(() => rename('elsewhere', 'public'));

    it.each(giving(500, ({ id }) => !STORELESS.has(id) && id !== 'operations_ready'))('%s says that something failed, and no more', async (_id, operation) => {
      expect(await statusOf(ask(operation, wellFormed(operation)))).toBe(500);
    });
  });

  describe('while PostgreSQL is away', () => {
    beforeAll(() => link.refuse());
    afterAll(() => link.mend());

    it.each(giving(503, ({ id }) => !STORELESS.has(id)))('%s says so, and when to try again', async (_id, operation) => {
      const answer = await ask(operation, wellFormed(operation));
      expect([answer.status, Number(answer.headers.get('retry-after')) > 0]).toEqual([503, true]);
    });
  });

  describe('once the service closes', () => {
    beforeAll(() => [api, open].forEach(({ app }) => (app.getHttpAdapter() as unknown as ServiceAdapter).beforeClose()));

    it.each(giving(503))('%s refuses what comes new', async (_id, operation) => {
      // An idle connection may be closed just as it is used: clients try again.
      const answer = await ask(operation, bodyOf(operation)).catch(() => ask(operation, bodyOf(operation)));
      expect(answer.status).toBe(503);
    });
  });
});

/** The same application behind a server that waits 200 ms for a request. */
const impatientServer = async (served: Server): Promise<Server> => {
  const server = createServer({ requestTimeout: 200, headersTimeout: 200, connectionsCheckingInterval: 50 });
  server.on('request', (request, response) => served.emit('request', request, response));
  server.on('clientError', (error, socket) => served.emit('clientError', error, socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
};
