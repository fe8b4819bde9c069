import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { UserSnapshot } from '../../src/modules/users/index.js';
import { usersApp, type Answer, type UsersApp } from './users-app.js';

const PASSWORD = 'correct horse battery';

describe('the users routes', () => {
  let app: UsersApp;
  let root: UserSnapshot;
  let ada: UserSnapshot;
  let serial = 0;
  const add = (input: object = {}): Promise<UserSnapshot> => {
    serial += 1;
    return app.users.create({ email: `user${serial}@example.test`, username: `user${serial}`, ...input });
  };
  beforeAll(async () => {
    app = await usersApp();
    root = await add({ roles: ['admin'], username: 'root' });
  });
  afterAll(() => app?.close());
  beforeEach(async () => {
    ada = await add({ displayName: 'Ada Lovelace', password: PASSWORD });
  });
  const as = (user: UserSnapshot) => ({
    get: (path: string, headers?: Record<string, string>): Promise<Answer> => app.send('GET', path, user.userId, undefined, headers),
    head: (path: string): Promise<Answer> => app.send('HEAD', path, user.userId),
    post: (path: string, body?: unknown): Promise<Answer> => app.send('POST', path, user.userId, body),
    patch: (path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer> => app.send('PATCH', path, user.userId, body, headers),
    delete: (path: string, body?: unknown): Promise<Answer> => app.send('DELETE', path, user.userId, body),
  });
  const faults = (answer: Answer): string[] => {
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect([answer.status, answer.body.code]).toEqual([400, 'request.invalid']);
    return answer.body.errors.map(({ field, code }: { field: string; code: string }) => `${field}: ${code}`);
  };

  describe('GET /v1/users/me', () => {
    it('answers the whole user, revalidated at each use', async () => {
      const answer = await as(ada).get('/v1/users/me');
      expect(answer.status).toBe(200);
      expect(Object.keys(answer.body)).toEqual(
        'id,externalId,email,emailVerified,pendingEmail,username,displayName,locale,roles,disabled,gravatarOptIn,avatar,version,createdAt,updatedAt'.split(','),
      );
      expect(answer.body.avatar).toMatchObject({ kind: 'generated', url: `http://likeness.test/v1/users/${ada.userId}/avatar` });
      expect(answer.headers.get('cache-control')).toBe('private, no-cache, no-transform');
      expect(answer.headers.get('etag')).toBe(ada.etag);
    });

    it('is 304 while nothing changed, and 200 once it has', async () => {
      const held = await as(ada).get('/v1/users/me', { 'if-none-match': `W/${ada.etag}, "x"` });
      expect([held.status, held.body, held.headers.get('etag'), held.headers.get('cache-control')]).toEqual([304, undefined, ada.etag, 'private, no-cache, no-transform']);
      await as(ada).patch('/v1/users/me', { locale: 'en-gb' });
      const fresh = await as(ada).get('/v1/users/me', { 'if-none-match': ada.etag });
      expect([fresh.status, fresh.body.locale, fresh.body.version]).toEqual([200, 'en-GB', 2]);
    });

    it('is the same by HEAD, without a body', async () => {
      const answer = await as(ada).head('/v1/users/me');
      expect([answer.status, answer.body, answer.headers.get('etag')]).toEqual([200, undefined, ada.etag]);
    });
  });

  describe('PATCH /v1/users/me', () => {
    it.each(['application/json', 'application/merge-patch+json'])('changes what is named and leaves the rest, as %s', async (type) => {
      const answer = await as(ada).patch('/v1/users/me', { displayName: 'Bea Bird', gravatarOptIn: true }, { 'content-type': type });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({
        ...ada.dto,
        displayName: 'Bea Bird',
        gravatarOptIn: true,
        version: 2,
        avatar: expect.objectContaining({ kind: 'generated' }),
        updatedAt: expect.any(String),
      });
      expect(answer.body.avatar.version).not.toBe(ada.dto.avatar.version);
      expect(answer.headers.get('cache-control')).toBe('no-store, no-transform');
      expect((await as(ada).get('/v1/users/me')).headers.get('etag')).toBe(answer.headers.get('etag'));
    });

    it('clears with null what may be empty', async () => {
      await as(ada).patch('/v1/users/me', { locale: 'de' });
      expect((await as(ada).patch('/v1/users/me', { displayName: null, locale: null })).body).toMatchObject({ displayName: null, locale: null, version: 3 });
    });

    it('holds If-Match against the version, strongly', async () => {
      for (const stale of ['"other"', `W/${ada.etag}`, '"x", "y"', 'nonsense']) {
        const answer = await as(ada).patch('/v1/users/me', { displayName: 'No' }, { 'if-match': stale });
        expect([answer.status, answer.body.code]).toEqual([412, 'request.precondition_failed']);
      }
      expect((await as(ada).patch('/v1/users/me', { displayName: 'Yes' }, { 'if-match': `"x", ${ada.etag}` })).status).toBe(200);
      expect((await as(ada).patch('/v1/users/me', { displayName: 'Late' }, { 'if-match': ada.etag })).status).toBe(412);
      expect((await as(ada).patch('/v1/users/me', { displayName: 'Any' }, { 'if-match': '*' })).status).toBe(200);
    });

    it.each([
      [{ roles: ['admin'] }, ['roles: unknown_field']],
      [{ disabled: false, version: 9 }, ['disabled: unknown_field', 'version: unknown_field']],
      [{ username: null }, ['username: max_length', 'username: is_string']],
      [{ gravatarOptIn: 'true' }, ['gravatarOptIn: is_boolean']],
      [{ displayName: 7, locale: [] }, ['displayName: max_length', 'displayName: is_string', 'locale: max_length', 'locale: is_string']],
      [{ displayName: 'a\u0000b' }, ['displayName: is_text']],
      [{ displayName: 'a\u202eb', username: 'a@b', locale: '?' }, ['displayName: display_name.invalid', 'username: username.invalid', 'locale: locale.invalid']],
      [{ email: 'new@example.test' }, ['currentPassword: current_password.required']],
      [{ email: 'no address', currentPassword: PASSWORD }, ['email: email.invalid']],
    ])('refuses %j', async (patch, expected) => {
      expect(faults(await as(ada).patch('/v1/users/me', patch)).sort()).toEqual(expected.sort());
      expect((await app.users.snapshot(ada.userId))?.version).toBe(1);
    });

    it.each([[], 'text', 7, null])('refuses a body that is no object: %j', async (body) => {
      expect((await as(ada).patch('/v1/users/me', body)).status).toBe(400);
    });

    it('lets a new address wait, and asks for the password', async () => {
      const wrong = await as(ada).patch('/v1/users/me', { email: 'new@example.test', currentPassword: 'wrong' });
      expect([wrong.status, wrong.body.code]).toEqual([401, 'auth.invalid_credentials']);
      const right = await as(ada).patch('/v1/users/me', { email: ' New@example.test', currentPassword: PASSWORD });
      expect(right.body).toMatchObject({ email: ada.dto.email, pendingEmail: 'New@example.test', version: 2 });
      expect(await app.users.credentials('new@example.test')).toBeNull();
    });

    it('says when address or username are another’s', async () => {
      const email = await as(ada).patch('/v1/users/me', { email: root.dto.email.toUpperCase(), currentPassword: PASSWORD });
      expect([email.status, email.body.code]).toEqual([409, 'user.email_taken']);
      const username = await as(ada).patch('/v1/users/me', { username: 'ROOT' });
      expect([username.status, username.body.code]).toEqual([409, 'user.username_taken']);
    });
  });

  describe('deleting one’s account', () => {
    it.each([
      ['DELETE', '/v1/users/me'],
      ['POST', '/v1/users/me/deletion'],
    ])('by %s %s needs the password, and leaves nothing', async (method, path) => {
      const wrong = await app.send(method, path, ada.userId, { currentPassword: 'wrong' });
      expect([wrong.status, wrong.body.code]).toEqual([401, 'auth.invalid_credentials']);
      expect(faults(await app.send(method, path, ada.userId, {}))).toContain('currentPassword: is_string');
      const right = await app.send(method, path, ada.userId, { currentPassword: PASSWORD });
      expect([right.status, right.body]).toEqual([204, undefined]);
      expect((await as(root).get(`/v1/users/${ada.userId}`)).body.code).toBe('user.not_found');
    });

    it('is refused to the last admin', async () => {
      const answer = await as(root).delete(`/v1/users/${root.userId}`);
      expect([answer.status, answer.body.code]).toEqual([409, 'user.last_admin']);
    });
  });

  describe('GET /v1/users/{id}', () => {
    it('shows others four fields, self and admins the whole', async () => {
      const bob = await add();
      const seen = await as(bob).get(`/v1/users/${ada.userId}`);
      expect(seen.body).toEqual({ id: ada.userId, username: ada.dto.username, displayName: 'Ada Lovelace', avatar: ada.dto.avatar });
      expect(seen.headers.get('cache-control')).toBe('private, no-cache, no-transform');
      for (const viewer of [ada, root]) {
        const whole = await as(viewer).get(`/v1/users/${ada.userId.toUpperCase()}`);
        expect(whole.body).toEqual(ada.dto);
        expect(whole.headers.get('etag')).not.toBe(seen.headers.get('etag'));
      }
      expect((await as(bob).get(`/v1/users/${ada.userId}`, { 'if-none-match': seen.headers.get('etag')! })).status).toBe(304);
      await as(ada).patch('/v1/users/me', { username: `${ada.dto.username}x` });
      expect((await as(bob).get(`/v1/users/${ada.userId}`, { 'if-none-match': seen.headers.get('etag')! })).status).toBe(200);
    });

    it('tells an unknown id from a malformed one', async () => {
      const unknown = await as(ada).get(`/v1/users/${randomUUID()}`);
      expect([unknown.status, unknown.body.code, unknown.headers.get('cache-control')]).toEqual([404, 'user.not_found', 'no-store']);
      for (const id of ['7', 'me2', `${randomUUID()}0`, 'x'.repeat(100)]) expect(faults(await as(ada).get(`/v1/users/${id}`))).toEqual(['id: is_uuid']);
      expect(faults(await as(ada).get('/v1/users/%00'))).toEqual(['id: is_text']);
    });
  });

  describe('POST /v1/users/lookup', () => {
    it('answers public views in order, each once, and who is missing', async () => {
      const nobody = randomUUID();
      const answer = await as(ada).post('/v1/users/lookup', { ids: [root.userId, nobody, ada.userId.toUpperCase(), root.userId] });
      expect(answer.status).toBe(200);
      expect(answer.body.items.map(({ id }: { id: string }) => id)).toEqual([root.userId, ada.userId]);
      expect(Object.keys(answer.body.items[0])).toEqual(['id', 'username', 'displayName', 'avatar']);
      expect(answer.body.missing).toEqual([nobody]);
      expect((await as(ada).post('/v1/users/lookup', { ids: [] })).body).toEqual({ items: [], missing: [] });
    });

    it('takes 100 ids and no more, and nothing else', async () => {
      expect((await as(ada).post('/v1/users/lookup', { ids: Array.from({ length: 100 }, () => randomUUID()) })).body.missing).toHaveLength(100);
      expect(faults(await as(ada).post('/v1/users/lookup', { ids: Array.from({ length: 101 }, () => randomUUID()) }))).toEqual(['ids: array_max_size']);
      for (const ids of [null, 'x', ['x'], [7], {}]) expect(faults(await as(ada).post('/v1/users/lookup', { ids }))).not.toEqual([]);
    });
  });

  describe('administration', () => {
    it('is for admins', async () => {
      const answers = [
        await as(ada).get('/v1/users'),
        await as(ada).post('/v1/users', {}),
        await as(ada).patch(`/v1/users/${ada.userId}`, { roles: ['admin'] }),
        await as(ada).delete(`/v1/users/${ada.userId}`),
      ];
      expect(answers.map(({ status, body }) => `${status} ${body.code}`)).toEqual(Array(4).fill('403 auth.forbidden'));
    });

    it('makes an account, and says where it is', async () => {
      const body = { email: 'carol@example.test', username: 'Carol', displayName: 'Carol', roles: ['editor'], externalId: 'emp-1', emailVerified: true, password: PASSWORD };
      const answer = await as(root).post('/v1/users', body);
      expect(answer.status).toBe(201);
      expect(answer.body).toMatchObject({ username: 'carol', roles: ['editor'], externalId: 'emp-1', emailVerified: true, version: 1 });
      expect(answer.headers.get('location')).toBe(`http://likeness.test/v1/users/${answer.body.id}`);
      expect(await app.users.authenticate('CAROL', PASSWORD)).toMatchObject({ userId: answer.body.id });
      const again = await as(root).post('/v1/users', { ...body, email: 'x@example.test', username: 'xx' });
      expect([again.status, again.body.code]).toEqual([409, 'user.external_id_taken']);
    });

    it('tells all faults of a new account together', async () => {
      const answer = await as(root).post('/v1/users', { email: 'nobody', username: '.', password: 'short', roles: ['No'], locale: '', displayName: 'a\nb', externalId: '' });
      expect(faults(answer).sort()).toEqual([
        'displayName: display_name.invalid',
        'email: email.invalid',
        'externalId: external_id.invalid',
        'locale: locale.invalid',
        'password: password.too_short',
        'roles: roles.invalid',
        'username: username.invalid',
      ]);
      expect(faults(await as(root).post('/v1/users', { surprise: 1 }))).toEqual(expect.arrayContaining(['surprise: unknown_field', 'email: is_string', 'username: is_string']));
    });

    it('changes everything about an account', async () => {
      const patch = { email: 'Countess@example.test', username: 'Countess', roles: ['b', 'a', 'b'], disabled: true, externalId: 'x-1', gravatarOptIn: true };
      const answer = await as(root).patch(`/v1/users/${ada.userId}`, patch);
      expect(answer.body).toMatchObject({ email: 'Countess@example.test', emailVerified: false, username: 'countess', roles: ['a', 'b'], disabled: true, externalId: 'x-1', version: 2 });
      expect((await as(root).patch(`/v1/users/${ada.userId}`, { emailVerified: true })).body.emailVerified).toBe(true);
      expect((await as(root).patch(`/v1/users/${ada.userId}`, { email: 'other@example.test' })).body.emailVerified).toBe(false);
      expect((await as(root).patch(`/v1/users/${ada.userId}`, {}, { 'if-match': '"x"' })).status).toBe(412);
      expect((await as(root).patch(`/v1/users/${randomUUID()}`, { disabled: true })).body.code).toBe('user.not_found');
    });

    it('deletes, once', async () => {
      expect((await as(root).delete(`/v1/users/${ada.userId}`)).status).toBe(204);
      expect((await as(root).delete(`/v1/users/${ada.userId}`)).body.code).toBe('user.not_found');
    });

    it('pages through all users in order, each once, while others come and go', async () => {
      const marked = [];
      for (let index = 0; index < 7; index += 1) marked.push(await add({ displayName: `100%_Péter ${index}` }));
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: Answer = await as(root).get(`/v1/users?q=${encodeURIComponent('100%_péter')}&limit=3${cursor ? `&cursor=${cursor}` : ''}`);
        expect(page.status).toBe(200);
        seen.push(...page.body.items.map(({ id }: { id: string }) => id));
        cursor = page.body.nextCursor;
        if (seen.length === 3) await as(root).delete(`/v1/users/${seen[0]}`);
      } while (cursor !== null);
      expect(seen).toEqual(marked.map(({ userId }) => userId).sort());
      expect(new Set(seen).size).toBe(7);
    });

    it('filters by text, role and state', async () => {
      const one = await add({ roles: ['special'] });
      await as(root).patch(`/v1/users/${one.userId}`, { disabled: true });
      const two = await add({ roles: ['special', 'other'] });
      const ids = async (query: string): Promise<string[]> => (await as(root).get(`/v1/users?${query}`)).body.items.map(({ id }: { id: string }) => id);
      expect(await ids('role=special')).toEqual([one.userId, two.userId].sort());
      expect(await ids('role=special&disabled=true')).toEqual([one.userId]);
      expect(await ids('role=special&disabled=false')).toEqual([two.userId]);
      expect(await ids(`q=${one.dto.username.toUpperCase()}`)).toContain(one.userId);
      expect(await ids('q=%25&role=special')).toEqual([]);
    });

    it.each(['limit=0', 'limit=201', 'limit=x', 'disabled=maybe', 'role=%27', 'cursor=nonsense', 'cursor=%22%22', 'q=%00', 'surprise=1', `q=${'x'.repeat(255)}`, 'q=a&q=b'])(
      'refuses a list with %s',
      async (query) => {
        expect(faults(await as(root).get(`/v1/users?${query}`))).not.toEqual([]);
      },
    );
  });
});
