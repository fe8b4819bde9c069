import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { registerUser, type ApiClient, type RegisteredUser } from '../kit/api.js';
import { startBundledService, type BundledService } from '../kit/service.js';
import { quarters } from './test-pictures.js';

/** The guard of the real service, and every answer held against the document. */
describe('pictures in the whole service', () => {
  let service: BundledService;
  let api: ApiClient;
  let admin: RegisteredUser;
  let ada: RegisteredUser;

  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { AVATAR_ACCESS: 'private' });
    api = service.api;
    admin = await registerUser(api); // the first is the admin, and the last admin stays
    ada = await registerUser(api);
    const form = new FormData();
    form.append('cropX', '0');
    form.append('cropY', '0');
    form.append('cropSize', '20');
    form.append('file', new Blob([new Uint8Array(await quarters(50, 50).png().toBuffer())]), 'me.png');
    expect((await api.put('/v1/users/me/avatar', form, { token: ada.token })).status).toBe(200);
  });
  afterAll(() => service?.stop());

  const path = (url: string): string => url.replace('http://likeness.test', '');

  it('are private: for bearers, and by signed URLs', async () => {
    const { body: me } = await api.get('/v1/users/me', { token: ada.token });
    for (const each of [path(me.avatar.url), path(me.avatar.immutableUrl)]) {
      expect((await api.get(each)).body.code).toBe('auth.token_missing');
      expect((await api.get(each, { token: 'nonsense' })).body.code).toBe('auth.token_malformed');
      expect((await api.get(each, { token: ada.token })).status).toBe(200);
      expect((await api.head(each, { token: ada.token })).status).toBe(200);
      expect((await api.get(each, { token: ada.token, headers: { range: 'bytes=0-4' } })).status).toBe(206);
      expect((await api.get(each, { token: ada.token, headers: { range: 'bytes=99999999-' } })).status).toBe(416);
    }
    const { body: signed } = await api.post('/v1/avatars/urls', { ids: [ada.id] }, { token: ada.token });
    const shown = await api.get(path(signed.items[0].url));
    expect([shown.status, shown.headers.get('cache-control')]).toEqual([200, 'private, max-age=31536000, immutable']);
    expect((await api.get(`${path(signed.items[0].url)}x`)).body.code).toBe('avatar.link_invalid');
  });

  it('are signed for no longer than a token without refresh lives', async () => {
    const { body: issued } = await api.post(`/v1/users/${ada.id}/tokens`, { ttlSeconds: 60 }, { token: admin.token });
    const sign = async (token: string): Promise<string> => (await api.post('/v1/avatars/urls', { ids: [ada.id] }, { token })).body.expiresAt;
    expect(await sign(issued.accessToken)).toBe(issued.accessTokenExpiresAt);
    expect(Date.parse(await sign(ada.token))).toBeGreaterThan(Date.parse(issued.accessTokenExpiresAt));
  });

  it('are gone for their signed URLs, too, when the account is', async () => {
    const { body: signed } = await api.post('/v1/avatars/urls', { ids: [ada.id] }, { token: ada.token });
    expect((await api.delete('/v1/users/me', { token: ada.token, body: { currentPassword: ada.password } })).status).toBe(204);
    expect((await api.get(path(signed.items[0].url))).body.code).toBe('avatar.not_found');
  });
});

describe('the Gravatar protocol in the whole service', () => {
  let service: BundledService;
  beforeAll(async () => {
    service = await startBundledService('PostgreSQL alone', { GRAVATAR: 'on', GRAVATAR_DEFAULT_ORIGINS: 'https://static.example.org' });
  });
  afterAll(() => service?.stop());

  it('answers as the document says', async () => {
    const path = `/avatar/${'a'.repeat(64)}`;
    expect((await service.api.get(`${path}?s=64&d=retro`)).status).toBe(200);
    expect((await service.api.get(path, { headers: { range: 'bytes=0-4' } })).status).toBe(206);
    expect((await service.api.get(`${path}?d=404`)).body.code).toBe('avatar.not_found');
    expect((await service.api.get(`${path}?d=https://static.example.org/a.png`)).status).toBe(302);
  });
});
