import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { codeOf, formOf, putPicture, shownTo, sourcesOf, waitFor, type Sent, type UploadBody } from './avatars-client.js';
import { flat, noise, quarters } from './test-pictures.js';

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

const put = (path: string, body: UploadBody, { as = ada, ...sent }: Sent & { as?: string } = {}): Promise<Response> => putPicture(service, as, path, body, sent);
const shown = (): Promise<Buffer> => shownTo(service, ada);
const sources = (): Promise<string[]> => sourcesOf(service);

describe('a refused upload', () => {
  const text = Buffer.from('I am not a picture');
  const crlf = (lines: string[]): Buffer => Buffer.from(lines.join('\r\n'));
  const part = ['--b', 'Content-Disposition: form-data; name="file"; filename="a.png"', '', 'half of it'];

  it.each<[string, string, () => Promise<{ body: UploadBody; type?: string }>]>([
    ['no body', '422 avatar.not_an_image', async () => ({ body: null })],
    ['an empty body', '422 avatar.not_an_image', async () => ({ body: Buffer.alloc(0), type: 'image/png' })],
    ['an empty file', '422 avatar.not_an_image', async () => ({ body: formOf(Buffer.alloc(0)) })],
    ['text named .png', '422 avatar.not_an_image', async () => ({ body: formOf(text) })],
    ['half a picture', '422 avatar.not_an_image', async () => ({ body: (await noise(100, 100).png().toBuffer()).subarray(0, 9000) })],
    ['SVG', '415 avatar.unsupported_type', async () => ({ body: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), type: 'image/png' })],
    ['too many pixels', '422 avatar.too_many_pixels', async () => ({ body: await flat(1001, 1000, '#fff').png().toBuffer() })],
    ['too many bytes', '413 avatar.too_large', async () => ({ body: Buffer.alloc(MAX_BYTES + 1) })],
    ['very many bytes', '413 avatar.too_large', async () => ({ body: Buffer.alloc(20_000_000) })],
    ['too many bytes without their number', '413 avatar.too_large', async () => ({ body: Readable.from(Array.from({ length: 400 }, () => Buffer.alloc(10_000))) })],
    ['a form with too large a file', '413 avatar.too_large', async () => ({ body: formOf(Buffer.alloc(MAX_BYTES + 1)) })],
    ['a form with far too large a file', '413 avatar.too_large', async () => ({ body: formOf(Buffer.alloc(20_000_000)) })],
    ['a form without end', '413 avatar.too_large', async () => ({
      body: Readable.from([crlf(['--b', 'Content-Disposition: form-data; name="file"; filename="a"', '', '']), ...Array.from({ length: 400 }, () => Buffer.alloc(10_000))]),
      type: 'multipart/form-data; boundary=b',
    })],
    ['a form that ends too soon', '400 request.malformed_multipart', async () => ({ body: crlf(part), type: 'multipart/form-data; boundary=b' })],
    ['a form without a boundary', '400 request.malformed_multipart', async () => ({ body: crlf(part), type: 'multipart/form-data' })],
    ['another multipart type', '400 request.malformed_multipart', async () => ({ body: crlf(part), type: 'multipart/mixed' })],
    ['a form with a broken part', '422 request.malformed_part', async () => ({ body: crlf(['--b', 'no header here at all', '--b--', '']), type: 'multipart/form-data; boundary=b' })],
    ['a form without a file', '400 request.invalid', async () => ({ body: crlf(['--b', 'Content-Disposition: form-data; name="other"', '', 'x', '--b--', '']), type: 'multipart/form-data; boundary=b' })],
    ['a file of another name', '400 request.invalid', async () => ({ body: formOf(await quarters(9, 9).png().toBuffer(), 'picture') })],
    ['two files', '400 request.invalid', async () => {
      const data = formOf(await quarters(9, 9).png().toBuffer());
      data.append('file', new Blob([text]), 'b.png');
      return { body: data };
    }],
    ['an unknown field', '400 request.invalid', async () => {
      const data = formOf(await quarters(9, 9).png().toBuffer());
      data.append('rotate', '90');
      return { body: data };
    }],
    ['a field that would pollute', '400 request.invalid', async () => {
      const data = formOf(await quarters(9, 9).png().toBuffer());
      data.append('__proto__[file]', 'x');
      return { body: data };
    }],
  ])('for %s is %s; the old picture stands, and nothing is left', async (_name, expected, make) => {
    await put('/v1/users/me/avatar', formOf(await quarters(60, 60).png().toBuffer()));
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
    expect((await put('/v1/users/me/avatar', formOf(await quarters(30, 30).png().toBuffer()))).status).toBe(200);
  });
});
