import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { PIPELINE_VERSION, RENDERER_VERSION, type AvatarDto } from '../../src/modules/users/index.js';
import { UserWrites } from '../../src/modules/users/user-writes.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { flat, quarters } from './test-pictures.js';

let service: AvatarsApp;
let ada: string;
let bob: string;
let uploaded: AvatarDto;

beforeAll(async () => {
  service = await startAvatarsApp();
  [ada, bob] = [await service.user(), await service.user('Bob')];
  uploaded = await put(ada, await quarters(300, 300).png().toBuffer());
});
afterAll(() => service.close());

async function put(userId: string, bytes: Buffer): Promise<AvatarDto> {
  const response = await fetch(`${service.url}/v1/users/me/avatar`, { method: 'PUT', headers: { authorization: `Bearer ${userId}` }, body: new Uint8Array(bytes) });
  return (await response.json()) as AvatarDto;
}

const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> => fetch(service.url + path, { method, headers, redirect: 'manual' });
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
const stable = (query = '', user = ada): string => `/v1/users/${user}/avatar${query}`;
const codeOf = async (response: Response): Promise<string> => `${response.status} ${((await response.json()) as { code: string }).code}`;

const headersOf = (response: Response, ...names: string[]): Record<string, string | null> => Object.fromEntries(names.map((name) => [name, response.headers.get(name)]));

describe('GET /v1/users/{id}/avatar', () => {
  it('answers a square of 256 pixels in WebP, to be asked for again each time', async () => {
    const response = await get(stable());
    expect(response.status).toBe(200);
    expect(headersOf(response, 'cache-control', 'content-type', 'etag', 'vary', 'x-content-type-options', 'content-security-policy', 'cross-origin-resource-policy')).toEqual({
      'cache-control': 'no-cache',
      'content-type': 'image/webp',
      etag: `"${uploaded.version}-256-webp"`,
      vary: 'Accept',
      'x-content-type-options': 'nosniff',
      'content-security-policy': "default-src 'none'",
      'cross-origin-resource-policy': 'cross-origin',
    });
    const bytes = await bytesOf(response);
    expect(response.headers.get('content-length')).toBe(String(bytes.length));
    expect(await sharp(bytes).metadata()).toMatchObject({ width: 256, height: 256, format: 'webp' });
  });

  it.each([['1', 32], ['32', 32], ['33', 64], ['0100', 128], ['200', 256], ['512', 512], ['513', 512], ['9'.repeat(60), 512]])('gives the nearest larger size for %s', async (size, side) => {
    const response = await get(stable(`?size=${size}&format=png`));
    expect(await sharp(await bytesOf(response)).metadata()).toMatchObject({ width: side, height: side });
    expect(response.headers.get('etag')).toBe(`"${uploaded.version}-${side}-png"`);
  });

  it.each(['0', '-1', '1.5', '1e2', '', '%20', '0x20', 'large', '64&size=64', '١'])('refuses size=%s', async (size) => {
    const response = await get(stable(`?size=${size}`));
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await codeOf(response)).toBe('400 request.invalid');
  });

  it.each(['bmp', '', 'WEBP', 'png&format=png', 'svg'])('refuses format=%s', async (format) => {
    expect(await codeOf(await get(stable(`?format=${format}`)))).toBe('400 request.invalid');
  });

  it.each([
    ['*/*', 'webp'],
    ['image/*', 'webp'],
    ['image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8', 'webp'],
    ['image/avif', 'avif'],
    ['image/png, */*', 'png'],
    ['image/webp;q=0.5, image/avif', 'avif'],
    ['IMAGE/JPEG', 'jpeg'],
    ['text/html, image/jpeg;q=0.2', 'jpeg'],
    ['image/webp;q=0, */*', 'avif'],
    ['', 'webp'],
  ])('reads Accept: %s as %s, and says that it varies', async (accept, format) => {
    const response = await get(stable('?size=32'), { accept });
    expect(headersOf(response, 'content-type', 'vary', 'etag')).toEqual({ 'content-type': `image/${format}`, vary: 'Accept', etag: `"${uploaded.version}-32-${format}"` });
  });

  it('obeys format before Accept, and then does not vary', async () => {
    const response = await get(stable('?format=jpeg'), { accept: 'image/avif' });
    expect(headersOf(response, 'content-type', 'vary')).toEqual({ 'content-type': 'image/jpeg', vary: null });
  });

  it('is 406, varying, when nothing of ours is accepted', async () => {
    const response = await get(stable(), { accept: 'text/html' });
    expect(headersOf(response, 'vary', 'cache-control')).toEqual({ vary: 'Accept', 'cache-control': 'no-store' });
    expect(await codeOf(response)).toBe('406 request.not_acceptable');
  });

  it('is 304 with the headers of the 200, without looking at the store', async () => {
    const etag = (await get(stable())).headers.get('etag')!;
    await rename(service.folder, `${service.folder}-away`);
    try {
      for (const [method, header] of [['GET', etag], ['HEAD', etag], ['GET', `W/${etag}`], ['GET', `"x", ${etag}`], ['GET', '*']] as const) {
        const response = await get(stable(), { 'if-none-match': header }, method);
        expect(response.status).toBe(304);
        expect(headersOf(response, 'etag', 'cache-control', 'vary', 'content-length', 'content-type')).toEqual({ etag, 'cache-control': 'no-cache', vary: 'Accept', 'content-length': null, 'content-type': null });
        expect((await bytesOf(response)).length).toBe(0);
      }
    } finally {
      await rename(`${service.folder}-away`, service.folder);
    }
  });

  it('does not answer 304 to the validator of another size, format or picture', async () => {
    for (const other of ['-128-webp', '-256-png']) {
      expect((await get(stable(), { 'if-none-match': `"${uploaded.version}${other}"` })).status).toBe(200);
    }
  });

  it('answers HEAD like GET, without the body', async () => {
    const [head, full] = [await get(stable(), {}, 'HEAD'), await get(stable())];
    const names = ['content-length', 'content-type', 'etag', 'cache-control', 'vary'];
    expect([head.status, headersOf(head, ...names)]).toEqual([200, headersOf(full, ...names)]);
    expect((await bytesOf(head)).length).toBe(0);
  });

  it('is 404, never kept, for whom nobody is, and 400 for what is no id', async () => {
    const response = await get('/v1/users/01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55/avatar');
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await codeOf(response)).toBe('404 user.not_found');
    expect(await codeOf(await get('/v1/users/..%2f..%2fetc/avatar'))).toBe('400 request.invalid');
  });

  it('shows the generated picture of who has none, with the same validators, and a new one at once after a rename', async () => {
    const before = await get(stable('', bob));
    expect(before.headers.get('etag')).toMatch(/^"g[0-9]+-[0-9a-f]{32}-256-webp"$/);
    const etag = before.headers.get('etag')!;
    expect((await get(stable('', bob), { 'if-none-match': etag })).status).toBe(304);
    await service.app.get(UserWrites).change(bob, () => ({ set: { displayName: 'Zoë' } }));
    const after = await get(stable('', bob), { 'if-none-match': etag });
    expect(after.status).toBe(200);
    expect((await bytesOf(after)).equals(await bytesOf(before))).toBe(false);
  });

  it('shows the new picture to whoever held the old one, from the acknowledgement on', async () => {
    const user = await service.user();
    for (let round = 0; round < 5; round += 1) {
      const etag = (await get(stable('', user))).headers.get('etag')!;
      const { version } = await put(user, await flat(20, 20, { r: round, g: 7, b: 7 }).png().toBuffer());
      const next = await get(stable('', user), { 'if-none-match': etag });
      expect([next.status, next.headers.get('etag')]).toEqual([200, `"${version}-256-webp"`]);
    }
  });

  it('is 503, never kept and never another picture, when the store fails or the bytes are gone', async () => {
    const user = await service.user();
    const { version } = await put(user, await flat(21, 21, '#777').png().toBuffer());
    for (const [folder, code] of [['', 'avatar.storage_unavailable'], [`sources/${version.split('-')[1]!}`, 'avatar.storage_unavailable']] as const) {
      await rename(join(service.folder, folder), `${service.folder}-away`);
      const response = await get(stable('?size=512&format=jpeg', user));
      await rename(`${service.folder}-away`, join(service.folder, folder));
      expect(headersOf(response, 'cache-control', 'retry-after', 'etag')).toEqual({ 'cache-control': 'no-store', 'retry-after': '1', etag: null });
      expect(await codeOf(response)).toBe(`503 ${code}`);
    }
    expect((await get(stable('?size=512&format=jpeg', user))).status).toBe(200);
  });

  it('makes a variant once, however many ask at the same time, and the same bytes for all', async () => {
    const user = await service.user();
    const { version } = await put(user, await quarters(444, 444).png().toBuffer());
    const responses = await Promise.all(Array.from({ length: 40 }, (_, index) => get(index % 2 ? stable('?size=512&format=avif', user) : `/v1/avatars/${version}/512.avif`)));
    const bodies = await Promise.all(responses.map(bytesOf));
    expect(bodies.every((body) => body.equals(bodies[0]!))).toBe(true);
    expect((await readdir(join(service.folder, 'variants', version))).sort()).toEqual(['128.webp', '256.webp', '32.webp', '512.avif', '64.webp']);
  });

  it('answers a page full of pictures that nobody has seen yet', async () => {
    const digests = await Promise.all(Array.from({ length: 6 }, async (_, index) => (await put(await service.user(), await flat(90, 90, { r: 1, g: 1, b: index * 30 }).png().toBuffer())).version));
    const paths = digests.flatMap((digest) => [32, 64, 128, 256].flatMap((size) => ['webp', 'png', 'jpeg'].map((format) => `/v1/avatars/${digest}/${size}.${format}`)));
    const statuses = await Promise.all(paths.map(async (path) => (await get(path)).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
  });
});

describe('GET /v1/users/me/avatar', () => {
  it('keeps the size and the format asked for', async () => {
    const response = await get('/v1/users/me/avatar?size=64&format=png', { authorization: `Bearer ${ada}` });
    expect(response.headers.get('location')).toBe(`http://likeness.test/v1/users/${ada}/avatar?size=64&format=png`);
  });

  it('sends the caller to the own stable URL, and is kept by nobody', async () => {
    const response = await get('/v1/users/me/avatar', { authorization: `Bearer ${ada}` });
    expect([response.status, headersOf(response, 'location', 'cache-control')]).toEqual([307, { location: `http://likeness.test/v1/users/${ada}/avatar`, 'cache-control': 'no-store' }]);
    expect((await get('/v1/users/me/avatar')).status).toBe(401);
  });
});

describe('GET /v1/avatars/{digest}/{file}', () => {
  it.each(['webp', 'avif', 'png', 'jpeg'])('answers %s for a year, under the validator of the stable URL', async (format) => {
    for (const digest of [uploaded.version, (await service.users.snapshot(bob))!.dto.avatar.version]) {
      const response = await get(`/v1/avatars/${digest}/64.${format}`, { accept: 'text/html' });
      expect([response.status, headersOf(response, 'cache-control', 'content-type', 'etag', 'vary', 'content-security-policy', 'cross-origin-resource-policy')]).toEqual([200, {
        'cache-control': 'public, max-age=31536000, immutable',
        'content-type': `image/${format}`,
        etag: `"${digest}-64-${format}"`,
        vary: null,
        'content-security-policy': "default-src 'none'",
        'cross-origin-resource-policy': 'cross-origin',
      }]);
      expect((await sharp(await bytesOf(response)).metadata()).width).toBe(64);
      const again = await get(`/v1/avatars/${digest}/64.${format}`, { 'if-none-match': response.headers.get('etag')! });
      expect([again.status, again.headers.get('cache-control')]).toEqual([304, 'public, max-age=31536000, immutable']);
    }
  });

  it('answers every URL that the user object names', async () => {
    for (const url of [uploaded.immutableUrl, ...Object.values(uploaded.sizes)]) expect((await get(new URL(url).pathname)).status).toBe(200);
  });

  it('is 404, never kept, for everything else', async () => {
    const { version } = uploaded;
    const key = version.split('-')[1]!;
    const paths = [
      `${version}/100.webp`, `${version}/064.webp`, `${version}/64.gif`, `${version}/64.WEBP`, `${version}/64`, `${version}/64.webp.png`, `${version}/.webp`,
      `u${PIPELINE_VERSION + 1}-${key}/64.webp`, `u0-${key}/64.webp`, `${key}/64.webp`, `u1-${'0'.repeat(64)}/64.webp`, `g1-${'0'.repeat(32)}/64.webp`, `g${RENDERER_VERSION + 1}-${'0'.repeat(32)}/64.webp`,
      `u1-${key.toUpperCase()}/64.webp`, '..%2f..%2fetc/64.webp', `${version}/..%2f64.webp`, 'constructor/64.webp', 'x/y',
    ];
    for (const path of paths) {
      const response = await get(`/v1/avatars/${path}`, { 'if-none-match': '*' });
      expect(`${path} ${response.headers.get('cache-control')} ${await codeOf(response)}`).toBe(`${path} no-store 404 avatar.not_found`);
    }
  });

  it('goes on answering the old bytes under the old name after a new picture, a rename and a removal', async () => {
    const user = await service.user('First Name');
    const generated = (await service.users.snapshot(user))!.dto.avatar.version;
    const generatedBytes = await bytesOf(await get(`/v1/avatars/${generated}/64.png`));
    const first = await put(user, await flat(22, 22, '#123').png().toBuffer());
    const firstBytes = await bytesOf(await get(`/v1/avatars/${first.version}/64.png`));
    await put(user, await flat(22, 22, '#456').png().toBuffer());
    await service.app.get(UserWrites).change(user, () => ({ set: { displayName: 'Other Words' } }));
    await service.users.changeAvatar(user, null);
    expect((await bytesOf(await get(`/v1/avatars/${first.version}/64.png`))).equals(firstBytes)).toBe(true);
    expect((await bytesOf(await get(`/v1/avatars/${generated}/64.png`))).equals(generatedBytes)).toBe(true);
    expect((await get(`/v1/avatars/${first.version}/128.png`)).status).toBe(200); // also in a size that nobody had asked for
  });

  it('is 503, never kept, when the store fails', async () => {
    await rename(service.folder, `${service.folder}-away`);
    const response = await get(`/v1/avatars/${uploaded.version}/64.webp`, { 'if-none-match': `"${uploaded.version}-64-webp"` });
    await rename(`${service.folder}-away`, service.folder);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await codeOf(response)).toBe('503 avatar.storage_unavailable');
  });

  it('makes a variant anew that was lost, from the source that is kept', async () => {
    await rm(join(service.folder, 'variants', uploaded.version), { recursive: true });
    expect((await get(`/v1/avatars/${uploaded.version}/64.webp`)).status).toBe(200);
  });
});
