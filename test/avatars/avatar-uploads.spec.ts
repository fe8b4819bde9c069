import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir, rename } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import sharp from 'sharp';
import { AvatarKeeper } from '../../src/modules/avatars/keeping/avatar-keeper.js';
import { PicturePipeline } from '../../src/modules/avatars/pipeline/picture-pipeline.js';
import { PictureBytes } from '../../src/modules/avatars/storage/picture-bytes.js';
import type { AvatarDto } from '../../src/modules/users/index.js';
import { UserWrites } from '../../src/modules/users/user-writes.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { cornersOf, distance, flat, noise, quarters } from './test-pictures.js';

const MAX_BYTES = 200_000;
let service: AvatarsApp;
let ada: string;

beforeAll(async () => {
  service = await startAvatarsApp({ AVATAR_MAX_BYTES: String(MAX_BYTES), AVATAR_MAX_PIXELS: '1000000' });
});
afterAll(() => service.close());
beforeEach(async () => {
  ada = await service.user();
});

interface Sent {
  readonly as?: string;
  readonly type?: string;
  readonly ifMatch?: string;
}

/** PUT of a body as it is; null is no body at all. */
function put(path: string, body: Buffer | FormData | Readable | null, { as = ada, type, ifMatch }: Sent = {}): Promise<Response> {
  return fetch(service.url + path, {
    method: 'PUT',
    headers: { authorization: `Bearer ${as}`, ...(type ? { 'content-type': type } : {}), ...(ifMatch ? { 'if-match': ifMatch } : {}) },
    body: body instanceof Buffer ? new Uint8Array(body) : (body as never),
    ...(body instanceof Readable ? { duplex: 'half' } : {}),
  } as RequestInit);
}

const form = (bytes: Buffer, field = 'file', name = 'me.png'): FormData => {
  const data = new FormData();
  data.append(field, new Blob([new Uint8Array(bytes)]), name);
  return data;
};

const shown = async (user = ada, query = '?format=png&size=512'): Promise<Buffer> => Buffer.from(await (await fetch(`${service.url}/v1/users/${user}/avatar${query}`)).arrayBuffer());
const etagShown = async (user = ada): Promise<string> => (await fetch(`${service.url}/v1/users/${user}/avatar`)).headers.get('etag')!;
const codeOf = async (response: Response): Promise<string> => `${response.status} ${((await response.json()) as { code: string }).code}`;
const sources = (): Promise<string[]> => readdir(join(service.folder, 'sources'));
const keyOf = (avatar: AvatarDto): string => avatar.version.split('-')[1]!;

describe('PUT avatar', () => {
  it.each([
    ['a form', (bytes: Buffer) => ({ body: form(bytes), type: undefined })],
    ['a form with a hostile file name', (bytes: Buffer) => ({ body: form(bytes, 'file', `../../<svg>\n"${'x'.repeat(4000)}.exe`), type: undefined })],
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
    const response = await put(`/v1/users/${ada}/avatar`, form(await quarters(64, 64).png().toBuffer()), { as: `${admin} admin` });
    expect(response.status).toBe(200);
    expect(await etagShown()).toContain(((await response.json()) as AvatarDto).version);
    expect(await etagShown(admin)).toBe(before);
  });

  it('takes one’s own id, in any case', async () => {
    expect((await put(`/v1/users/${ada.toUpperCase()}/avatar`, form(await quarters(32, 32).png().toBuffer()))).status).toBe(200);
  });

  it('refuses others, and ids that nobody has, and writes nothing', async () => {
    const [picture, before] = [await noise(40, 40).png().toBuffer(), await sources()];
    const nobody = '01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55';
    expect(await codeOf(await put(`/v1/users/${await service.user()}/avatar`, form(picture)))).toBe('403 auth.forbidden');
    expect(await codeOf(await put(`/v1/users/${nobody}/avatar`, form(picture), { as: `${ada} admin` }))).toBe('404 user.not_found');
    expect(await codeOf(await put('/v1/users/nonsense/avatar', form(picture), { as: `${ada} admin` }))).toBe('400 request.invalid');
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

describe('a refused upload', () => {
  const text = Buffer.from('I am not a picture');
  const crlf = (lines: string[]): Buffer => Buffer.from(lines.join('\r\n'));
  const part = ['--b', 'Content-Disposition: form-data; name="file"; filename="a.png"', '', 'half of it'];

  it.each<[string, string, () => Promise<{ body: Buffer | FormData | Readable | null; type?: string }>]>([
    ['no body', '422 avatar.not_an_image', async () => ({ body: null })],
    ['an empty body', '422 avatar.not_an_image', async () => ({ body: Buffer.alloc(0), type: 'image/png' })],
    ['an empty file', '422 avatar.not_an_image', async () => ({ body: form(Buffer.alloc(0)) })],
    ['text named .png', '422 avatar.not_an_image', async () => ({ body: form(text) })],
    ['half a picture', '422 avatar.not_an_image', async () => ({ body: (await noise(100, 100).png().toBuffer()).subarray(0, 9000) })],
    ['SVG', '415 avatar.unsupported_type', async () => ({ body: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), type: 'image/png' })],
    ['too many pixels', '422 avatar.too_many_pixels', async () => ({ body: await flat(1001, 1000, '#fff').png().toBuffer() })],
    ['too many bytes', '413 avatar.too_large', async () => ({ body: Buffer.alloc(MAX_BYTES + 1) })],
    ['very many bytes', '413 avatar.too_large', async () => ({ body: Buffer.alloc(20_000_000) })],
    ['too many bytes without their number', '413 avatar.too_large', async () => ({ body: Readable.from(Array.from({ length: 400 }, () => Buffer.alloc(10_000))) })],
    ['a form with too large a file', '413 avatar.too_large', async () => ({ body: form(Buffer.alloc(MAX_BYTES + 1)) })],
    ['a form with far too large a file', '413 avatar.too_large', async () => ({ body: form(Buffer.alloc(20_000_000)) })],
    ['a form without end', '413 avatar.too_large', async () => ({
      body: Readable.from([crlf(['--b', 'Content-Disposition: form-data; name="file"; filename="a"', '', '']), ...Array.from({ length: 400 }, () => Buffer.alloc(10_000))]),
      type: 'multipart/form-data; boundary=b',
    })],
    ['a form that ends too soon', '400 request.malformed_multipart', async () => ({ body: crlf(part), type: 'multipart/form-data; boundary=b' })],
    ['a form without a boundary', '400 request.malformed_multipart', async () => ({ body: crlf(part), type: 'multipart/form-data' })],
    ['another multipart type', '400 request.malformed_multipart', async () => ({ body: crlf(part), type: 'multipart/mixed' })],
    ['a form with a broken part', '400 request.malformed_multipart', async () => ({ body: crlf(['--b', 'no header here at all', '--b--', '']), type: 'multipart/form-data; boundary=b' })],
    ['a form without a file', '400 request.invalid', async () => ({ body: crlf(['--b', 'Content-Disposition: form-data; name="other"', '', 'x', '--b--', '']), type: 'multipart/form-data; boundary=b' })],
    ['a file of another name', '400 request.invalid', async () => ({ body: form(await quarters(9, 9).png().toBuffer(), 'picture') })],
    ['two files', '400 request.invalid', async () => {
      const data = form(await quarters(9, 9).png().toBuffer());
      data.append('file', new Blob([text]), 'b.png');
      return { body: data };
    }],
    ['an unknown field', '400 request.invalid', async () => {
      const data = form(await quarters(9, 9).png().toBuffer());
      data.append('rotate', '90');
      return { body: data };
    }],
    ['a field that would pollute', '400 request.invalid', async () => {
      const data = form(await quarters(9, 9).png().toBuffer());
      data.append('__proto__[file]', 'x');
      return { body: data };
    }],
  ])('for %s is %s; the old picture stands, and nothing is left', async (_name, expected, make) => {
    await put('/v1/users/me/avatar', form(await quarters(60, 60).png().toBuffer()));
    const [bytes, left] = [await shown(), await sources()];
    const { body, type } = await make();
    const response = await put('/v1/users/me/avatar', body, { type });
    expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(await codeOf(response)).toBe(expected);
    expect((await shown()).equals(bytes)).toBe(true);
    expect(await sources()).toEqual(left);
    expect(await readdir(join(service.folder, 'temporary'))).toEqual([]);
  });

  it('is answered before the body has come when its length says enough, and the connection stays good', async () => {
    const socket = connect(service.port, '127.0.0.1');
    const answers: string[] = [];
    socket.on('data', (chunk) => answers.push(String(chunk)));
    socket.write(`PUT /v1/users/me/avatar HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada}\r\nContent-Type: image/png\r\nContent-Length: 1000000\r\n\r\n`);
    await waitFor(() => answers.join('').includes('avatar.too_large'));
    expect(answers.join('')).toMatch(/^HTTP\/1\.1 413 /);
    for (let sent = 0; sent < 100; sent += 1) socket.write(Buffer.alloc(10_000));
    socket.write('GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n');
    await waitFor(() => answers.join('').includes('HTTP/1.1 200 '));
    socket.destroy();
  });

  it.each(['image/png', 'multipart/form-data; boundary=b'])('of a sender of %s who never ends is answered at the limit, not at the end', async (type) => {
    const socket = connect(service.port, '127.0.0.1');
    const answers: string[] = [];
    socket.on('data', (chunk) => answers.push(String(chunk))).on('error', () => undefined);
    const chunk = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);
    socket.write(`PUT /v1/users/me/avatar HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada}\r\nContent-Type: ${type}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    socket.write(chunk(crlf(['--b', 'Content-Disposition: form-data; name="file"; filename="a"', '', ''])));
    for (let sent = 0; sent < 30; sent += 1) socket.write(chunk(Buffer.alloc(10_000)));
    await waitFor(() => answers.join('').includes('avatar.too_large'));
    expect(answers.join('')).toMatch(/^HTTP\/1\.1 413 /);
    socket.destroy();
  });

  it('of a sender who goes away in the middle leaves nothing, and the next is served', async () => {
    const left = await sources();
    for (const type of ['image/png', 'multipart/form-data; boundary=b']) {
      const socket = connect(service.port, '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`PUT /v1/users/me/avatar HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${ada}\r\nContent-Type: ${type}\r\nContent-Length: 100000\r\n\r\n--b\r\n`);
      socket.write('Content-Disposition: form-data; name="file"; filename="a"\r\n\r\nxxxx');
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.destroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(await sources()).toEqual(left);
    expect((await put('/v1/users/me/avatar', form(await quarters(30, 30).png().toBuffer()))).status).toBe(200);
  });
});

describe('uploads at the same time', () => {
  it('leave one whole winner, and no bytes that no row names', async () => {
    const colours = Array.from({ length: 12 }, (_, index) => ({ r: index * 20, g: 255 - index * 20, b: 128 }));
    const pictures = await Promise.all(colours.map((colour) => flat(64, 64, colour).png().toBuffer()));
    const before = new Set(await sources());
    const answers = await Promise.all(pictures.map(async (picture) => (await put('/v1/users/me/avatar', form(picture))).json() as Promise<AvatarDto>));
    const current = await etagShown();
    const index = answers.findIndex((each) => `"${each.version}-256-webp"` === current);
    expect(index).toBeGreaterThanOrEqual(0);
    for (const corner of await cornersOf(await shown())) expect(distance([colours[index]!.r, colours[index]!.g, 128], corner)).toBeLessThan(3);
    const made = (await sources()).filter((key) => !before.has(key));
    expect(made.sort()).toEqual([...new Set(answers.map(keyOf))].sort()); // all were shown for a moment, and are kept for their grace
  });

  it('with the same If-Match let exactly one through, and the others leave nothing', async () => {
    await put('/v1/users/me/avatar', form(await quarters(20, 20).png().toBuffer()));
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
    await put('/v1/users/me/avatar', form(await quarters(20, 20).png().toBuffer()));
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
    expect((await files(avatars[0]!.version)).length + (await files(avatars[1]!.version)).length).toBe(2);
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
    const response = await put('/v1/users/me/avatar', form(await noise(80, 80).png().toBuffer()));
    expect([response.headers.get('retry-after'), response.headers.get('cache-control')]).toEqual(['1', 'no-store']);
    expect(await codeOf(response)).toBe('503 avatar.storage_unavailable');
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(503);
    await rename(join(service.folder, 'away'), join(service.folder, 'temporary'));
    expect(await etagShown()).toBe(before);
    expect((await put('/v1/users/me/avatar', form(await noise(80, 80).png().toBuffer()))).status).toBe(200);
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
  });
});

async function waitFor(holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 200 && !holds(); attempt += 1) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(holds()).toBe(true);
}
