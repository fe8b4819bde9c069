import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '../../src/kernel/clock/index.js';
import { PictureLinks } from '../../src/modules/avatars/access/picture-links.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { formOf, putPicture } from './avatars-client.js';
import { noise } from './test-pictures.js';

const TTL_SECONDS = 600;
const DAY_MS = 86_400_000;

interface SignedAvatar {
  readonly id: string;
  readonly version: string;
  readonly url: string;
  readonly sizes: Record<string, string>;
}

let service: AvatarsApp;
let ada: string;
let bob: string;
let version: string;
/** Moves the service's clock. */
let offsetMs = 0;

beforeAll(async () => {
  service = await startAvatarsApp({ AVATAR_ACCESS: 'private', AVATAR_URL_TTL_SECONDS: String(TTL_SECONDS) });
  service.app.get(Clock).now = () => new Date(Date.now() + offsetMs);
  [ada, bob] = [await service.user(), await service.user('Bob')];
  version = ((await (await putPicture(service, ada, '/v1/users/me/avatar', formOf(await noise(90, 90).png().toBuffer()))).json()) as { version: string }).version;
});
afterAll(() => service.close());

const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> =>
  fetch(path.replace('http://likeness.test', service.url).replace(/^\//, `${service.url}/`), { headers, method });
const as = (user: string): Record<string, string> => ({ authorization: `Bearer ${user}` });
const codeOf = async (response: Response): Promise<string> => `${response.status} ${((await response.json()) as { code: string }).code}`;
const sign = async (ids: readonly string[], more: object = {}): Promise<{ items: SignedAvatar[]; missing: string[]; expiresAt: string }> => {
  const response = await fetch(`${service.url}/v1/avatars/urls`, { method: 'POST', headers: { ...as(bob), 'content-type': 'application/json' }, body: JSON.stringify({ ids, ...more }) });
  expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return (await response.json()) as never;
};
const at = async <T>(ms: number, work: () => Promise<T>): Promise<T> => {
  offsetMs += ms;
  try {
    return await work();
  } finally {
    offsetMs -= ms;
  }
};

describe('private pictures', () => {
  it('are shown to no stranger, on neither URL, whether they are there or not', async () => {
    for (const path of [`/v1/users/${ada}/avatar`, `/v1/users/${bob}/avatar`, `/v1/avatars/${version}/256.webp`, `/v1/avatars/${version}/7.webp`, '/v1/users/01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55/avatar']) {
      for (const method of ['GET', 'HEAD']) {
        const response = await get(path, { 'if-none-match': '*' }, method);
        expect([response.status, response.headers.get('cache-control'), response.headers.get('etag')]).toEqual([401, 'no-store', null]);
      }
    }
  });

  it('are shown to bearers, and kept by their own browser at most: 200, 206, 304 and HEAD', async () => {
    for (const [path, policy] of [[`/v1/users/${ada}/avatar`, 'private, no-cache'], [`/v1/avatars/${version}/256.webp`, 'private, max-age=31536000, immutable']] as const) {
      const whole = await get(path, as(bob));
      expect(whole.headers.get('content-type')).toBe('image/webp');
      const answers = [whole, await get(path, { ...as(bob), range: 'bytes=0-9' }), await get(path, { ...as(bob), 'if-none-match': whole.headers.get('etag')! }), await get(path, as(bob), 'HEAD')];
      expect(answers.map(({ status }) => status)).toEqual([200, 206, 304, 200]);
      for (const answer of answers) expect(answer.headers.get('cache-control')).toBe(policy);
    }
    expect((await get('/v1/avatars/nonsense/256.webp', as(bob))).headers.get('cache-control')).toBe('no-store');
  });

  it('have the same URLs in the user object as public ones', async () => {
    expect((await service.users.snapshot(ada))!.dto.avatar).toMatchObject({ url: `http://likeness.test/v1/users/${ada}/avatar`, immutableUrl: `http://likeness.test/v1/avatars/${version}/256.webp` });
  });
});

describe('signed URLs', () => {
  it('work without a token until they expire, for every size, and say who is not there', async () => {
    const nobody = '01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55';
    const { items, missing, expiresAt } = await sign([bob, ada, nobody, ada]);
    expect(items.map(({ id }) => id)).toEqual([bob, ada]);
    expect(missing).toEqual([nobody]);
    expect(Math.abs(Date.parse(expiresAt) - Date.now() - TTL_SECONDS * 1000)).toBeLessThan(5_000);
    expect(items[1]).toMatchObject({ version, url: items[1]!.sizes['256'] });
    for (const { sizes } of items) {
      for (const url of Object.values(sizes)) {
        const response = await get(url);
        expect([response.status, response.headers.get('cache-control'), response.headers.get('content-type')]).toEqual([200, 'private, max-age=31536000, immutable', 'image/webp']);
      }
    }
    const [png] = (await sign([ada], { format: 'png' })).items;
    expect((await get(png!.url)).headers.get('content-type')).toBe('image/png');
  });

  it('are refused once they have expired, to the second, and never kept', async () => {
    const { url } = (await sign([ada])).items[0]!;
    expect(await at((TTL_SECONDS - 2) * 1000, async () => (await get(url)).status)).toBe(200);
    const late = await at(TTL_SECONDS * 1000, () => get(url));
    expect(late.headers.get('cache-control')).toBe('no-store');
    expect(await codeOf(late)).toBe('403 avatar.link_expired');
    expect((await at(TTL_SECONDS * 1000, () => get(url, { 'if-none-match': '*' }))).status).toBe(403);
  });

  it('are bound to user, digest, size, format, expiry and key', async () => {
    const [first, second] = (await sign([ada, bob])).items as [SignedAvatar, SignedAvatar];
    const url = new URL(first.url);
    const changed = (change: (it: URL) => void): string => {
      const copy = new URL(url);
      change(copy);
      return copy.href;
    };
    const forged = [
      changed((it) => it.searchParams.set('user', bob)),
      changed((it) => it.searchParams.set('expires', String(Number(it.searchParams.get('expires')) + 1))),
      changed((it) => it.searchParams.set('key', String(Number(it.searchParams.get('key')) - 1))),
      changed((it) => it.searchParams.set('key', '999999999')),
      changed((it) => it.searchParams.set('signature', new URL(second.url).searchParams.get('signature')!)),
      changed((it) => it.searchParams.set('signature', `${it.searchParams.get('signature')}A`)),
      changed((it) => it.searchParams.set('signature', '')),
      changed((it) => it.searchParams.append('signature', 'AAAA')),
      changed((it) => it.searchParams.delete('expires')),
      changed((it) => it.searchParams.set('expires', '1e99')),
      changed((it) => (it.pathname = it.pathname.replace('256.webp', '512.webp'))),
      changed((it) => (it.pathname = it.pathname.replace('256.webp', '256.png'))),
      changed((it) => (it.pathname = it.pathname.replace(first.version, second.version))),
    ];
    for (const each of forged) expect([each, await codeOf(await get(each))]).toEqual([each, '403 avatar.link_invalid']);
    expect((await get(`/v1/users/${ada}/avatar${url.search}`)).status).toBe(401);
    expect((await get(first.url)).status).toBe(200);
  });

  it('are signed with another key each day, and yesterday’s key signs nothing that lives on', async () => {
    const [today, tomorrow] = [await sign([ada]), await at(DAY_MS, () => sign([ada]))];
    const [one, other] = [today, tomorrow].map(({ items }) => new URL(items[0]!.url).searchParams);
    expect(Number(other!.get('key'))).toBe(Number(one!.get('key')) + 1);
    // A holder of today's key gives a link a longer life than any could have that was signed today.
    const [dayEnd, file] = [(Number(one!.get('key')) + 1) * 86_400, '256.webp'];
    const forged = (expires: number): string => `/v1/avatars/${version}/${file}${service.app.get(PictureLinks).query({ userId: ada, digest: version, file }, expires)}`;
    expect((await get(forged(dayEnd + TTL_SECONDS))).status).toBe(200);
    expect(await codeOf(await get(forged(dayEnd + TTL_SECONDS + 1)))).toBe('403 avatar.link_invalid');
    // Signed before midnight, used after it.
    const midnight = Math.ceil(Date.now() / DAY_MS) * DAY_MS;
    const late = await at(midnight - Date.now() - 60_000, () => sign([ada]));
    expect(await at(midnight - Date.now() + 60_000, async () => (await get(late.items[0]!.url)).status)).toBe(200);
  });

  it('show the picture that they were signed for, and nothing once the user is gone, also when others have the same', async () => {
    const [eve, same] = [await service.user('Eve'), await noise(40, 41).png().toBuffer()];
    for (const user of [eve, bob]) await putPicture(service, user, '/v1/users/me/avatar', formOf(same));
    const [mine, others] = [(await sign([eve])).items[0]!, (await sign([bob])).items[0]!];
    await putPicture(service, eve, '/v1/users/me/avatar', formOf(await noise(42, 41).png().toBuffer()));
    expect((await get(mine.url)).status).toBe(200);
    const { UserWrites } = await import('../../src/modules/users/user-writes.js');
    await service.app.get(UserWrites).remove(eve);
    expect(await codeOf(await get(mine.url))).toBe('404 avatar.not_found');
    expect((await get(others.url)).status).toBe(200);
  });

  it('need a token to be made, and ids that are ids', async () => {
    const post = (headers: Record<string, string>, body: object): Promise<Response> =>
      fetch(`${service.url}/v1/avatars/urls`, { method: 'POST', headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) });
    expect((await post({}, { ids: [] })).status).toBe(401);
    for (const body of [{}, { ids: ['x'] }, { ids: Array(101).fill(ada) }, { ids: [ada], format: 'gif' }, { ids: [ada], more: 1 }]) expect(await codeOf(await post(as(ada), body))).toBe('400 request.invalid');
  });
});

describe('where access is public', () => {
  it('there is nothing to sign, and a signature changes nothing', async () => {
    const open = await startAvatarsApp();
    try {
      const user = await open.user();
      const response = await fetch(`${open.url}/v1/avatars/urls`, { method: 'POST', headers: { ...as(user), 'content-type': 'application/json' }, body: JSON.stringify({ ids: [user] }) });
      expect(await codeOf(response)).toBe('404 request.not_found');
      const { immutableUrl } = (await open.users.snapshot(user))!.dto.avatar;
      const shown = await fetch(`${immutableUrl.replace('http://likeness.test', open.url)}?signature=nonsense`);
      expect([shown.status, shown.headers.get('cache-control')]).toEqual([200, 'public, max-age=31536000, immutable']);
    } finally {
      await open.close();
    }
  });
});
