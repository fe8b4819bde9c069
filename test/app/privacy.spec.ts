import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { flat } from '../avatars/test-pictures.js';
import { registerUser, type ApiAnswer, type RegisteredUser } from '../kit/api.js';
import { describeOnEitherShape, startBundledService, type BundledService } from '../kit/service.js';

const BOOTSTRAP_TOKEN = 'the very first of all tokens';
/** A unit that no server has, so that it changes nothing (RFC 9110 §14.2): with it every request takes the long way through Fastify. */
const LONG_WAY = { range: 'lines=1-2' };

/** What strangers and others may see, asked of the bundle: hot routes are answered ahead of Fastify there, by code of their own. */
describeOnEitherShape('the service as it is started shows', (shape) => {
  let service: BundledService;
  let admin: RegisteredUser;
  let ada: RegisteredUser;
  let bob: RegisteredUser;
  let pictures: readonly string[];

  beforeAll(async () => {
    service = await startBundledService(shape, { AVATAR_ACCESS: 'private', BOOTSTRAP_TOKEN, RATE_LIMITS: 'off' });
    admin = await registerUser(service.api, { bootstrapToken: BOOTSTRAP_TOKEN });
    [ada, bob] = [await registerUser(service.api), await registerUser(service.api)];
    const picture = await flat(40, 40, { r: 200, g: 40, b: 40 }).png().toBuffer();
    expect((await service.api.put('/v1/users/me/avatar', picture, { token: ada.token, headers: { 'content-type': 'image/png' } })).status).toBe(200);
    const of = async ({ token }: RegisteredUser): Promise<string[]> => {
      const { avatar } = (await service.api.get('/v1/users/me', { token })).body;
      return [avatar.url, `${avatar.url}?size=128&format=webp`, avatar.immutableUrl].map((url: string) => url.replace('http://likeness.test', ''));
    };
    // An uploaded picture and a generated one.
    pictures = [...(await of(ada)), ...(await of(bob))];
  });
  afterAll(() => service.stop());

  /** By the short way where there is one, and by the long way. */
  const both = async (path: string, token: string | undefined, headers: Record<string, string> = {}): Promise<ApiAnswer[]> =>
    [await service.api.get(path, { token, headers }), await service.api.get(path, { token, headers: { ...headers, ...LONG_WAY } })];
  const told = ({ status, body, headers }: ApiAnswer): unknown[] => [status, body?.code, headers.get('etag'), headers.get('cache-control')];

  it('private pictures to no stranger: no bytes, no validator, and no 304 to who knows it', async () => {
    for (const path of pictures) {
      const etag = (await service.api.get(path, { token: bob.token })).headers.get('etag')!;
      for (const held of [undefined, etag, `W/${etag}`, '*']) {
        for (const answer of await both(path, undefined, held === undefined ? {} : { 'if-none-match': held })) {
          expect(told(answer)).toEqual([401, 'auth.token_missing', null, 'no-store']);
        }
      }
      expect(told(await service.api.head(path))).toEqual([401, undefined, null, 'no-store']);
    }
  });

  it('private pictures to bearers alone, and says that no shared cache may keep them', async () => {
    for (const path of pictures) {
      const [short, long] = await both(path, bob.token);
      expect([short!.status, long!.status, short!.bytes.equals(long!.bytes)]).toEqual([200, 200, true]);
      const held = await both(path, bob.token, { 'if-none-match': short!.headers.get('etag')! });
      expect(held.map(({ status }) => status)).toEqual([304, 304]);
      for (const { headers } of [short!, long!, ...held]) expect(headers.get('cache-control')).toMatch(/^private, /);
    }
  });

  it('private pictures by a signed link as long as it is what was signed', async () => {
    const { items } = (await service.api.post('/v1/avatars/urls', { ids: [ada.id] }, { token: bob.token })).body;
    const path = (items[0].url as string).replace('http://likeness.test', '');
    for (const answer of await both(path, undefined)) expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'private, max-age=31536000, immutable']);
    for (const forged of [`${path}x`, path.replace(ada.id, bob.id), path.replace('256.webp', '512.webp')]) {
      for (const answer of await both(forged, undefined, { 'if-none-match': '*' })) expect(told(answer)).toEqual([403, 'avatar.link_invalid', null, 'no-store']);
    }
  });

  it('one’s own account to oneself, and to others what is public of it', async () => {
    for (const { body } of await both('/v1/users/me', ada.token)) expect([body.id, body.email]).toEqual([ada.id, ada.email]);
    const etag = (await service.api.get('/v1/users/me', { token: ada.token })).headers.get('etag')!;
    for (const answer of await both('/v1/users/me', bob.token, { 'if-none-match': etag })) expect([answer.status, answer.body.id]).toEqual([200, bob.id]);
    for (const answer of await both('/v1/users/me', undefined, { 'if-none-match': etag })) expect(told(answer)).toEqual([401, 'auth.token_missing', null, 'no-store']);
    for (const { body } of await both(`/v1/users/${ada.id}`, bob.token)) expect(Object.keys(body).sort()).toEqual(['avatar', 'displayName', 'id', 'username']);
  });

  it('nothing to a user who was disabled, from the answer on', async () => {
    const carl = await registerUser(service.api);
    const paths = ['/v1/users/me', ...pictures];
    const etags: string[] = [];
    for (const path of paths) etags.push((await service.api.get(path, { token: carl.token })).headers.get('etag')!);
    expect((await service.api.patch(`/v1/users/${carl.id}`, { disabled: true }, { token: admin.token })).status).toBe(200);
    for (const [index, path] of paths.entries()) {
      for (const answer of await both(path, carl.token, { 'if-none-match': etags[index]! })) expect(told(answer)).toEqual([401, 'auth.user_disabled', null, 'no-store']);
    }
    expect(told(await service.api.post('/v1/auth/refresh', { refreshToken: carl.refreshToken }))).toEqual([401, 'auth.user_disabled', null, 'no-store']);
  });
});
