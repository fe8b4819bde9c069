import { afterAll, beforeAll, expect, it } from '@jest/globals';
import sharp from '../kit/unblocked-sharp.js';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { MemoryTokenStore, type LikenessClient } from '../../clients/typescript/src/index.js';
import { registered } from '../clients/signing-in.js';
import { registerUser, type ApiClient, type ApiAnswer } from '../kit/api.js';
import { describeOnBothShapes, startBundledService, type BundledService } from '../kit/service.js';

const WIDTH = 1200;
const HEIGHT = 800;

/** As a phone writes it: stored lying on its side, with an orientation to turn it by. Upright, its upper half is red and its lower half blue. */
const photograph = async (): Promise<Buffer> => {
  const half = (colour: string): Promise<Buffer> => sharp({ create: { width: WIDTH / 2, height: HEIGHT, channels: 3, background: colour } }).png().toBuffer();
  return sharp({ create: { width: WIDTH, height: HEIGHT, channels: 3, background: 'white' } })
    .composite([
      { input: await half('#d00000'), left: 0, top: 0 },
      { input: await half('#0000d0'), left: WIDTH / 2, top: 0 },
    ])
    .jpeg({ quality: 92 })
    .withMetadata({ orientation: 6 })
    .toBuffer();
};

const multipart = (bytes: Buffer, name = 'photo.jpg'): FormData => {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), name);
  return form;
};

/** The colour of one point, from the edges of 0 to 1. */
const colourAt = async (picture: Buffer, x: number, y: number): Promise<[number, number, number]> => {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const offset = (Math.floor(y * (info.height - 1)) * info.width + Math.floor(x * (info.width - 1))) * info.channels;
  return [data[offset]!, data[offset + 1]!, data[offset + 2]!];
};

describeOnBothShapes('a new picture', (shape) => {
  let service: BundledService;
  /** Their uploads, and what they read about themselves, go through the TypeScript client. */
  let likeness: LikenessClient;
  const store = new MemoryTokenStore();
  let user: { readonly id: string; readonly token: string };
  let photo: Buffer;

  beforeAll(async () => {
    // With Redis three instances share the stores and the folder; embedded there is one.
    service = await startBundledService(shape, { RATE_LIMITS: 'off' }, shape === 'PostgreSQL and Redis' ? 3 : 1);
    const owner = await registered(service.api.url, { store });
    likeness = owner.likeness;
    [user, photo] = [{ id: owner.userId, token: store.load()!.accessToken }, await photograph()];
  });
  afterAll(() => service.stop());

  const stable = (api: ApiClient, more = '', headers: Record<string, string> = {}): Promise<ApiAnswer> => api.get(`/v1/users/${user.id}/avatar${more}`, { headers });

  it.each(['webp', 'png', 'jpeg', 'avif'])('is served square and upright as %s, without the metadata it came with', async (format) => {
    const put = await likeness.uploadAvatar(new Blob([new Uint8Array(photo)]));
    expect([put.response.status, put.data?.kind]).toEqual([200, 'uploaded']);
    const { status, headers, bytes } = await stable(service.api, `?size=256&format=${format}`);
    expect([status, headers.get('content-type')]).toEqual([200, `image/${format}`]);
    const metadata = await sharp(bytes).metadata();
    expect([metadata.width, metadata.height, metadata.orientation ?? 1, metadata.exif]).toEqual([256, 256, 1, undefined]);
    const [upper, lower] = [await colourAt(bytes, 0.5, 0.1), await colourAt(bytes, 0.5, 0.9)];
    expect(upper[0]).toBeGreaterThan(180);
    expect(upper[2]).toBeLessThan(60);
    expect(lower[2]).toBeGreaterThan(180);
    expect(lower[0]).toBeLessThan(60);
  });

  it('reaches a second client that held the old one with its next ordinary GET, on every instance', async () => {
    for (const [index, colour] of ['#102030', '#a0b0c0', '#00ff00'].entries()) {
      const held = await stable(service.api);
      expect(held.headers.get('cache-control')).toBe('no-cache');
      const next = await sharp({ create: { width: 64, height: 64, channels: 3, background: colour } }).png().toBuffer();
      const writer = service.instances[index % service.instances.length]!;
      const put = await writer.put('/v1/users/me/avatar', next, { token: user.token, headers: { 'content-type': 'image/png' } });
      expect(put.status).toBe(200);
      for (const api of service.instances) {
        const fresh = await stable(api, '', { 'if-none-match': held.headers.get('etag')! });
        expect(fresh.status).toBe(200);
        expect(fresh.bytes.equals(held.bytes)).toBe(false);
        const unchanged = await stable(api, '', { 'if-none-match': fresh.headers.get('etag')! });
        expect([unchanged.status, unchanged.bytes.length]).toEqual([304, 0]);
        for (const path of ['/v1/users/me', `/v1/users/${user.id}`]) expect((await api.get(path, { token: user.token })).body.avatar).toEqual(put.body);
      }
    }
  });

  it('leaves the session as valid as it was', async () => {
    const before = store.load()!;
    await likeness.adopt({ ...before, expiresIn: 0 });
    const { data } = await likeness.api.GET('/v1/auth/sessions');
    expect(data?.items.find(({ current }) => current)?.id).toBe(before.sessionId);
    expect(store.load()?.refreshToken).not.toBe(before.refreshToken);
  });

  it('has an immutable URL that goes on answering with the same bytes after the next change', async () => {
    const { data: me } = await likeness.api.GET('/v1/users/me');
    const path = new URL(me!.avatar.immutableUrl).pathname;
    const before = await service.api.get(path);
    expect(before.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    await likeness.api.DELETE('/v1/users/me/avatar');
    const after = await service.api.get(path);
    expect(after.status).toBe(200);
    expect(after.bytes.equals(before.bytes)).toBe(true);
    expect((await likeness.api.GET('/v1/users/me')).data?.avatar.kind).toBe('generated');
  });

  it('gives way to new initials at once when a user without one is renamed', async () => {
    const held = await stable(service.api);
    await likeness.api.PATCH('/v1/users/me', { body: { displayName: 'Zoë Quark' } });
    for (const api of service.instances) {
      const redrawn = await stable(api, '', { 'if-none-match': held.headers.get('etag')! });
      expect(redrawn.status).toBe(200);
      expect(redrawn.bytes.equals(held.bytes)).toBe(false);
    }
  });

  it('leaves the old one in place when it is refused, and no file behind', async () => {
    await service.api.put('/v1/users/me/avatar', multipart(photo), { token: user.token });
    const files = (): string[] => readdirSync(join(service.dataDir, 'avatars', 'sources'), { recursive: true }).map(String).sort();
    const [held, before] = [await stable(service.api), files()];
    const refusals: [string, FormData | Buffer | string, Record<string, string>, number, string][] = [
      ['a text file named .png', multipart(Buffer.from('hello, I am a picture'), 'x.png'), {}, 422, 'avatar.not_an_image'],
      ['an empty file', multipart(Buffer.alloc(0)), {}, 422, 'avatar.not_an_image'],
      ['half a photograph', multipart(photo.subarray(0, photo.length / 2)), {}, 422, 'avatar.not_an_image'],
      ['an SVG', multipart(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'x.png'), {}, 415, 'avatar.unsupported_type'],
      ['50 MB', Buffer.alloc(50 * 1024 * 1024, 1), { 'content-type': 'image/png' }, 413, 'avatar.too_large'],
      ['a broken multipart', 'nonsense', { 'content-type': 'multipart/form-data; boundary=x' }, 400, 'request.malformed_multipart'],
    ];
    for (const [what, body, headers, status, code] of refusals) {
      const answer = await service.api.put('/v1/users/me/avatar', body, { token: user.token, headers });
      expect([what, answer.status, answer.body.code]).toEqual([what, status, code]);
    }
    const unchanged = await stable(service.api, '', { 'if-none-match': held.headers.get('etag')! });
    expect(unchanged.status).toBe(304);
    expect(files()).toEqual(before);
    expect(existsSync(join(service.dataDir, 'avatars', 'temporary')) ? readdirSync(join(service.dataDir, 'avatars', 'temporary')) : []).toEqual([]);
  });

  it('is for its owner and administrators to change', async () => {
    const stranger = await registerUser(service.api);
    const refused = await service.api.put(`/v1/users/${user.id}/avatar`, multipart(photo), { token: stranger.token });
    expect([refused.status, refused.body.code]).toEqual([403, 'auth.forbidden']);
    const byAdmin = await service.api.put(`/v1/users/${stranger.id}/avatar`, multipart(photo), { token: user.token });
    expect(byAdmin.status).toBe(200);
    const own = await service.api.get('/v1/users/me/avatar', { token: stranger.token });
    expect([own.status, own.headers.get('cache-control')]).toEqual([307, 'no-store']);
    expect(own.headers.get('location')).toContain(`/v1/users/${stranger.id}/avatar`);
  });
});
