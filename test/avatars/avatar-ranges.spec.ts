import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { formOf, putPicture } from './avatars-client.js';
import { noise } from './test-pictures.js';

let service: AvatarsApp;
const paths: Record<string, string> = {};
let whole: Buffer;
let etag: string;

beforeAll(async () => {
  service = await startAvatarsApp();
  const ada = await service.user();
  const { version } = (await (await putPicture(service, ada, '/v1/users/me/avatar', formOf(await noise(120, 120).png().toBuffer()))).json()) as { version: string };
  Object.assign(paths, { stable: `/v1/users/${ada}/avatar?size=64&format=webp`, immutable: `/v1/avatars/${version}/64.webp` });
  const response = await fetch(service.url + paths['stable']);
  [whole, etag] = [Buffer.from(await response.arrayBuffer()), response.headers.get('etag')!];
});
afterAll(() => service.close());

const get = async (path: string, headers: Record<string, string>, method = 'GET') => {
  const response = await fetch(service.url + paths[path], { method, headers });
  const named = (name: string): string | null => response.headers.get(name);
  return { status: response.status, named, bytes: Buffer.from(await response.arrayBuffer()) };
};

describe.each(['stable', 'immutable'])('Range on the %s URL', (path) => {
  it.each([
    ['bytes=0-99', 0, 100],
    ['bytes=0-0', 0, 1],
    ['bytes=10-', 10, undefined],
    ['bytes=5-999999999', 5, undefined],
    ['bytes=-7', -7, undefined],
    ['bytes=-99999999', 0, undefined],
    ['BYTES=3-4', 3, 5],
  ])('gives the part that %s asks for', async (range, from, to) => {
    const { status, named, bytes } = await get(path, { range });
    const part = whole.subarray(from, to);
    expect(bytes).toEqual(part);
    expect(status).toBe(206);
    const first = from < 0 ? whole.length + from : from;
    expect(named('content-range')).toBe(`bytes ${first}-${first + part.length - 1}/${whole.length}`);
    expect([named('content-length'), named('etag'), named('content-type'), named('accept-ranges')]).toEqual([String(part.length), etag, 'image/webp', 'bytes']);
    expect(named('cache-control')).toBe((await get(path, {})).named('cache-control'));
  });

  it.each(['bytes=', 'bytes=a-b', 'bytes=5-4', 'bytes=0-1,4-5', 'bytes=--1', 'lines=0-1', 'bytes 0-1', 'bytes=0-1;x', 'bytes=1234567890123456-'])('ignores %s and gives the whole', async (range) => {
    const { status, named, bytes } = await get(path, { range });
    expect([status, named('content-range'), named('accept-ranges')]).toEqual([200, null, 'bytes']);
    expect(bytes).toEqual(whole);
  });

  it('answers 416, never kept, to what begins behind the end', async () => {
    for (const range of [`bytes=${whole.length}-`, 'bytes=99999999-99999999', 'bytes=-0']) {
      const { status, named, bytes } = await get(path, { range });
      expect([status, named('content-range'), named('cache-control'), named('content-type'), named('etag')]).toEqual([416, `bytes */${whole.length}`, 'no-store', 'application/problem+json; charset=utf-8', null]);
      expect(JSON.parse(String(bytes))).toMatchObject({ code: 'avatar.range_not_satisfiable', status: 416 });
    }
  });

  it('gives a part only of the version that If-Range names, compared strongly', async () => {
    const range = 'bytes=0-9';
    expect((await get(path, { range, 'if-range': etag })).status).toBe(206);
    for (const ifRange of [`W/${etag}`, '"another"', 'Fri, 20 Nov 2026 10:00:00 GMT', etag.slice(1, -1), `${etag}, "another"`]) {
      const { status, bytes } = await get(path, { range, 'if-range': ifRange });
      expect([status, bytes.length]).toEqual([200, whole.length]);
    }
    expect((await get(path, { range: `bytes=${whole.length}-`, 'if-range': '"another"' })).status).toBe(200);
  });

  it('asks If-None-Match first, and leaves HEAD alone', async () => {
    expect((await get(path, { range: 'bytes=0-9', 'if-none-match': etag })).status).toBe(304);
    const head = await get(path, { range: 'bytes=0-9' }, 'HEAD');
    expect([head.status, head.named('content-length'), head.named('content-range'), head.named('accept-ranges')]).toEqual([200, String(whole.length), null, 'bytes']);
  });
});
