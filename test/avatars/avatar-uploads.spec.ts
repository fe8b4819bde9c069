import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { AvatarKeeper } from '../../src/modules/avatars/keeping/avatar-keeper.js';
import { PicturePipeline } from '../../src/modules/avatars/pipeline/picture-pipeline.js';
import { PictureBytes } from '../../src/modules/avatars/storage/picture-bytes.js';
import type { AvatarDto } from '../../src/modules/users/index.js';
import { UserWrites } from '../../src/modules/users/user-writes.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { codeOf, formOf, keyOf, putPicture, shownTo, sourcesOf, type Sent, type UploadBody } from './avatars-client.js';
import { cornersOf, distance, flat, noise, quarters } from './test-pictures.js';

let service: AvatarsApp;
let ada: string;

beforeAll(async () => {
  service = await startAvatarsApp();
});
afterAll(() => service.close());
beforeEach(async () => {
  ada = await service.user();
});

const put = (path: string, body: UploadBody, { as = ada, ...sent }: Sent & { as?: string } = {}): Promise<Response> => putPicture(service, as, path, body, sent);
const shown = (): Promise<Buffer> => shownTo(service, ada);
const sources = (): Promise<string[]> => sourcesOf(service);
const etagShown = async (user = ada): Promise<string> => (await fetch(`${service.url}/v1/users/${user}/avatar`)).headers.get('etag')!;

describe('PUT avatar', () => {
  it.each([
    ['a form', (bytes: Buffer) => ({ body: formOf(bytes), type: undefined })],
    ['a form with a hostile file name', (bytes: Buffer) => ({ body: formOf(bytes, 'file', `../../<svg>\n"${'x'.repeat(4000)}.exe`), type: undefined })],
    ['raw bytes of the right type', (bytes: Buffer) => ({ body: bytes, type: 'image/png' })],
    ['raw bytes of another type', (bytes: Buffer) => ({ body: bytes, type: 'application/json' })],
    ['raw bytes of no type', (bytes: Buffer) => ({ body: bytes, type: undefined })],
    ['raw bytes of unknown length', (bytes: Buffer) => ({ body: Readable.from([bytes.subarray(0, 100), bytes.subarray(100)]), type: 'image/png' })],
  ] as const)('takes %s, and shows it from then on', async (_name, make) => {
    const before = await etagShown();
    const { body, type } = make(await quarters(400, 300).png().toBuffer());
    const response = await put('/v1/users/me/avatar', body, { type });
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    const avatar = (await response.json()) as AvatarDto;
    expect(avatar).toMatchObject({ kind: 'uploaded', url: `http://likeness.test/v1/users/${ada}/avatar` });
    expect(await etagShown()).toBe(`"${avatar.version}-256-webp"`);
    expect(await etagShown()).not.toBe(before);
    const corners = await cornersOf(await shown());
    expect(distance([220, 20, 20], corners[0]!)).toBeLessThan(4);
  });

  it('lets an admin put another’s picture, and changes that one only', async () => {
    const admin = await service.user('An Admin');
    const before = await etagShown(admin);
    const response = await put(`/v1/users/${ada}/avatar`, formOf(await quarters(64, 64).png().toBuffer()), { as: `${admin} admin` });
    expect(response.status).toBe(200);
    expect(await etagShown()).toContain(((await response.json()) as AvatarDto).version);
    expect(await etagShown(admin)).toBe(before);
  });

  it('takes one’s own id, in any case', async () => {
    expect((await put(`/v1/users/${ada.toUpperCase()}/avatar`, formOf(await quarters(32, 32).png().toBuffer()))).status).toBe(200);
  });

  it('refuses others, and ids that nobody has, and writes nothing', async () => {
    const [picture, before] = [await noise(40, 40).png().toBuffer(), await sources()];
    const nobody = '01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55';
    expect(await codeOf(await put(`/v1/users/${await service.user()}/avatar`, formOf(picture)))).toBe('403 auth.forbidden');
    expect(await codeOf(await put(`/v1/users/${nobody}/avatar`, formOf(picture), { as: `${ada} admin` }))).toBe('404 user.not_found');
    expect(await codeOf(await put('/v1/users/nonsense/avatar', formOf(picture), { as: `${ada} admin` }))).toBe('400 request.invalid');
    expect(await sources()).toEqual(before);
  });

  it('honours If-Match against any variant of the current picture, compared strongly', async () => {
    const first = await quarters(50, 50).png().toBuffer();
    const current = ((await (await put('/v1/users/me/avatar', first)).json()) as AvatarDto).version;
    const before = await sources();
    const next = await noise(50, 50).png().toBuffer();
    for (const ifMatch of [`"g1-${'0'.repeat(32)}-256-webp"`, `W/"${current}-256-webp"`, '"nonsense"']) {
      expect(await codeOf(await put('/v1/users/me/avatar', next, { ifMatch }))).toBe('412 request.precondition_failed');
    }
    expect(await sources()).toEqual(before);
    expect((await put('/v1/users/me/avatar', next, { ifMatch: `"other", "${current}-64-avif"` })).status).toBe(200);
    expect((await put('/v1/users/me/avatar', first, { ifMatch: '*' })).status).toBe(200);
  });
});

describe('uploads at the same time', () => {
  it('leave one whole winner, and no bytes that no row names', async () => {
    const colours = Array.from({ length: 12 }, (_, index) => ({ r: index * 20, g: 255 - index * 20, b: 128 }));
    const pictures = await Promise.all(colours.map((colour) => flat(64, 64, colour).png().toBuffer()));
    const before = new Set(await sources());
    const answers = await Promise.all(pictures.map(async (picture) => (await put('/v1/users/me/avatar', formOf(picture))).json() as Promise<AvatarDto>));
    const current = await etagShown();
    const index = answers.findIndex((each) => `"${each.version}-256-webp"` === current);
    expect(index).toBeGreaterThanOrEqual(0);
    for (const corner of await cornersOf(await shown())) expect(distance([colours[index]!.r, colours[index]!.g, 128], corner)).toBeLessThan(3);
    const made = (await sources()).filter((key) => !before.has(key));
    expect(made.sort()).toEqual([...new Set(answers.map(keyOf))].sort()); // all were shown for a moment, and are kept for their grace
  });

  it('with the same If-Match let exactly one through, and the others leave nothing', async () => {
    await put('/v1/users/me/avatar', formOf(await quarters(20, 20).png().toBuffer()));
    const [ifMatch, before] = [await etagShown(), new Set(await sources())];
    const pictures = await Promise.all(Array.from({ length: 8 }, (_, index) => flat(40, 40, { r: index, g: 0, b: 99 }).png().toBuffer()));
    const answers = await Promise.all(pictures.map((picture) => put('/v1/users/me/avatar', picture, { ifMatch })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(7).fill(412)]);
    const winner = (await answers.find(({ status }) => status === 200)!.json()) as AvatarDto;
    expect((await sources()).filter((key) => !before.has(key))).toEqual([keyOf(winner)]);
  });

  it('of the same picture by many users, some refused, never take the bytes away from those who have it', async () => {
    const users = await Promise.all(Array.from({ length: 10 }, () => service.user()));
    const picture = await flat(33, 33, '#abcdef').png().toBuffer();
    const answers = await Promise.all(users.map((as, index) => put('/v1/users/me/avatar', picture, { as, ...(index % 2 ? { ifMatch: '"stale"' } : {}) })));
    expect(answers.map(({ status }) => status)).toEqual(users.map((_, index) => (index % 2 ? 412 : 200)));
    for (const [index, user] of users.entries()) expect((await fetch(`${service.url}/v1/users/${user}/avatar?size=${index + 1}`)).status).toBe(200);
  });

  it('write the bytes again when somebody removed them, as nobody’s, before the row named them', async () => {
    const [keeper, bytes, pipeline] = [service.app.get(AvatarKeeper), service.app.get(PictureBytes), service.app.get(PicturePipeline)];
    const picture = await pipeline.normalise(await noise(70, 70).png().toBuffer());
    await keeper.keepWhile(picture, async () => {
      await bytes.erase(picture.key);
      return service.users.changeAvatar(ada, { key: picture.key });
    });
    expect(await bytes.hasSource(picture.key)).toBe(true);
    expect(await sharp(await shown()).metadata()).toMatchObject({ width: 512 });
  });

  it('never let a row name bytes that are not there', async () => {
    const before = await etagShown();
    await expect(service.users.changeAvatar(ada, { key: 'f'.repeat(64) })).rejects.toMatchObject({ code: 'avatar.storage_unavailable' });
    expect(await etagShown()).toBe(before);
  });
});

describe('DELETE avatar', () => {
  const remove = (path = '/v1/users/me/avatar', headers: Record<string, string> = {}): Promise<Response> =>
    fetch(service.url + path, { method: 'DELETE', headers: { authorization: `Bearer ${ada}`, ...headers } });

  it('goes back to the generated picture, as often as one likes', async () => {
    const generated = await etagShown();
    await put('/v1/users/me/avatar', formOf(await quarters(20, 20).png().toBuffer()));
    expect((await remove('/v1/users/me/avatar', { 'if-match': generated })).status).toBe(412);
    expect((await remove()).status).toBe(204);
    expect(await etagShown()).toBe(generated);
    expect((await remove()).status).toBe(204);
    expect((await remove(`/v1/users/${ada}/avatar`)).status).toBe(204);
  });

  it('is for the user and for admins', async () => {
    expect(await codeOf(await remove(`/v1/users/${await service.user()}/avatar`))).toBe('403 auth.forbidden');
  });
});

describe('erasing a user', () => {
  const files = async (digest: string): Promise<string[]> => readdir(join(service.folder, 'variants', digest)).catch(() => []);
  const erase = (userId: string): Promise<void> => service.app.get(UserWrites).remove(userId);

  it('removes all pictures the user ever had, with every variant, before it is acknowledged', async () => {
    const pictures = await Promise.all(['#101010', '#202020'].map((colour) => flat(30, 30, colour).png().toBuffer()));
    const avatars: AvatarDto[] = [];
    for (const picture of pictures) {
      avatars.push((await (await put('/v1/users/me/avatar', picture)).json()) as AvatarDto);
      await shown();
    }
    expect((await files(avatars[0]!.version)).length + (await files(avatars[1]!.version)).length).toBe(10); // the sizes made with the upload, and the one that was shown
    await erase(ada);
    for (const avatar of avatars) {
      expect(await sources()).not.toContain(keyOf(avatar));
      expect(await files(avatar.version)).toEqual([]);
      expect((await fetch(`${service.url}/v1/avatars/${avatar.version}/512.png`)).status).toBe(404);
    }
  });

  it('leaves a picture that somebody else has as well', async () => {
    const bob = await service.user();
    const picture = await flat(31, 31, '#303030').png().toBuffer();
    const { version } = (await (await put('/v1/users/me/avatar', picture)).json()) as AvatarDto;
    await put('/v1/users/me/avatar', picture, { as: bob });
    await erase(ada);
    expect((await fetch(`${service.url}/v1/avatars/${version}/64.webp`)).status).toBe(200);
    await erase(bob);
    expect((await fetch(`${service.url}/v1/avatars/${version}/64.webp`)).status).toBe(404);
  });

  it('is not acknowledged while the store fails, and is done once it works', async () => {
    const { version } = (await (await put('/v1/users/me/avatar', await flat(32, 32, '#404040').png().toBuffer())).json()) as AvatarDto;
    await rename(service.folder, `${service.folder}-away`);
    await expect(erase(ada)).rejects.toMatchObject({ code: 'request.outcome_unknown' });
    await rename(`${service.folder}-away`, service.folder);
    expect((await fetch(`${service.url}/v1/avatars/${version}/64.webp`)).status).toBe(200);
    await service.app.get(AvatarKeeper).eraseOverdue();
    expect((await fetch(`${service.url}/v1/avatars/${version}/64.webp`)).status).toBe(404);
  });
});

describe('a failing store', () => {
  it('refuses the upload with 503, changes nothing, and serves again afterwards', async () => {
    const before = await etagShown();
    await rename(join(service.folder, 'temporary'), join(service.folder, 'away'));
    const response = await put('/v1/users/me/avatar', formOf(await noise(80, 80).png().toBuffer()));
    expect([response.headers.get('retry-after'), response.headers.get('cache-control')]).toEqual(['1', 'no-store']);
    expect(await codeOf(response)).toBe('503 avatar.storage_unavailable');
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(503);
    await rename(join(service.folder, 'away'), join(service.folder, 'temporary'));
    expect(await etagShown()).toBe(before);
    expect((await put('/v1/users/me/avatar', formOf(await noise(80, 80).png().toBuffer()))).status).toBe(200);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  });
});
