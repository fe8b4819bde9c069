import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { getServers, setServers } from 'node:dns';
import { createRequire } from 'node:module';
import sharp from 'sharp';
import { DataSource } from 'typeorm';
import { UserWrites } from '../../src/modules/users/user-writes.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { formOf, putPicture } from './avatars-client.js';
import { startSrvServer } from './srv-server.js';
import { cornersOf, distance, quarters } from './test-pictures.js';

const require = createRequire(import.meta.url);
const gravatar = require('gravatar') as { url(email: string, options: Record<string, string>): string };
const libravatar = require('libravatar') as { get_avatar_url(options: Record<string, unknown>): Promise<string> };

let service: AvatarsApp;
let ada: string;
let email: string;
let hidden: string;
let unverified: string;

const hashOf = (algorithm: 'md5' | 'sha256', address: string): string => createHash(algorithm).update(address).digest('hex');
const emailOf = async (user: string): Promise<string> => (await service.users.snapshot(user))!.dto.email;
const change = async (user: string, set: object): Promise<unknown> => service.app.get(UserWrites).change(user, () => ({ set }));
const get = (path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> => fetch(service.url + path, { headers, method, redirect: 'manual' });
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());
/** Everything of an answer that does not name the request. */
const seen = async (path: string): Promise<unknown> => {
  const response = await get(path);
  const headers = Object.fromEntries([...response.headers].filter(([name]) => !['x-request-id', 'date'].includes(name)));
  const bytes = await bytesOf(response);
  return { status: response.status, headers, bytes: headers['content-type']?.includes('json') ? { ...JSON.parse(String(bytes)), instance: '' } : bytes.toString('base64') };
};

beforeAll(async () => {
  service = await startAvatarsApp({ GRAVATAR: 'on', GRAVATAR_DEFAULT_ORIGINS: 'https://static.example.org' });
  ada = await service.user();
  await putPicture(service, ada, '/v1/users/me/avatar', formOf(await quarters(200, 200).png().toBuffer()));
  await change(ada, { emailVerified: true, gravatarOptIn: true });
  email = await emailOf(ada);
  const [one, other] = [await service.user(), await service.user()];
  await change(one, { emailVerified: true });
  await change(other, { gravatarOptIn: true });
  [hidden, unverified] = [await emailOf(one), await emailOf(other)];
});
afterAll(() => service.close());

const expectAdas = async (response: Response, side: number): Promise<void> => {
  expect(response.status).toBe(200);
  const bytes = await bytesOf(response);
  expect(await sharp(bytes).metadata()).toMatchObject({ width: side, height: side });
  expect(distance([220, 20, 20], (await cornersOf(bytes))[0]!)).toBeLessThan(12);
};

describe('/avatar/{hash}', () => {
  it.each(['md5', 'sha256'] as const)('shows who has opted in with a verified address, by %s, in any case of the hash', async (algorithm) => {
    const hash = hashOf(algorithm, email);
    await expectAdas(await get(`/avatar/${hash}`), 128);
    await expectAdas(await get(`/avatar/${hash.toUpperCase()}?s=200&d=404&r=g`), 256);
    await expectAdas(await get(`/avatar/${hash}?size=2048`), 512);
    await expectAdas(await get(`/avatar/${hash}?s=nonsense`), 128);
  });

  it('gives the format that the name says, and PNG otherwise, whatever Accept says', async () => {
    const hash = hashOf('md5', email);
    for (const [extension, type] of [['', 'png'], ['.png', 'png'], ['.jpg', 'jpeg'], ['.jpeg', 'jpeg'], ['.webp', 'webp'], ['.avif', 'avif'], ['.exe', 'png']] as const) {
      const response = await get(`/avatar/${hash}${extension}`, { accept: 'image/webp' });
      expect([response.status, response.headers.get('content-type'), response.headers.get('vary')]).toEqual([200, `image/${type}`, null]);
    }
  });

  it('is as fresh as the stable URL, with the same validators: 304, HEAD, ranges', async () => {
    const eve = await service.user('Eve');
    await change(eve, { emailVerified: true, gravatarOptIn: true });
    const path = `/avatar/${hashOf('sha256', await emailOf(eve))}?s=64`;
    const first = await get(path);
    const [etag, stable] = [first.headers.get('etag')!, (await get(`/v1/users/${eve}/avatar?size=64&format=png`)).headers.get('etag')];
    expect([first.headers.get('cache-control'), etag]).toEqual(['no-cache', stable]);
    expect((await get(path, { 'if-none-match': etag })).status).toBe(304);
    expect((await get(path, { range: 'bytes=0-3' })).status).toBe(206);
    expect((await get(path, { range: 'bytes=99999999-' })).status).toBe(416);
    const head = await get(path, {}, 'HEAD');
    expect([head.status, head.headers.get('etag')]).toEqual([200, etag]);
    await putPicture(service, eve, '/v1/users/me/avatar', formOf(await quarters(90, 90).png().toBuffer()));
    const second = await get(path, { 'if-none-match': etag });
    expect([second.status, second.headers.get('etag') === etag]).toEqual([200, false]);
    await change(eve, { gravatarOptIn: false });
    expect((await get(`${path}&d=404`, { 'if-none-match': second.headers.get('etag')! })).status).toBe(404);
    await change(eve, { gravatarOptIn: true, email: 'eve.new@example.test' });
    expect((await get(`${path}&d=404`)).status).toBe(404);
    expect((await get(`/avatar/${hashOf('md5', 'eve.new@example.test')}?d=404`)).status).toBe(200);
  });

  it.each(['', '?d=404', '?d=mp', '?d=blank&s=32', '?default=https%3A%2F%2Fstatic.example.org%2Fa.png', '?d=https%3A%2F%2Fevil.test%2Fa.png', '?f=y'])('answers exactly alike for unknown, unverified and not opted in: %s', async (query) => {
    for (const algorithm of ['md5', 'sha256'] as const) {
      const [unknown, ...others] = await Promise.all(['nobody@example.test', hidden, unverified].map((address) => seen(`/avatar/${hashOf(algorithm, address)}${query}`)));
      for (const other of others) expect(other).toEqual(unknown);
    }
  });

  it.each(['identicon', 'monsterid', 'wavatar', 'robohash', 'retro', 'initials'])('draws %s from the hash alone, the same each time, another for another', async (kind) => {
    const draw = async (address: string): Promise<Buffer> => bytesOf(await get(`/avatar/${hashOf('sha256', address)}?d=${kind}`));
    const [one, again, other] = [await draw(hidden), await draw(hidden), await draw('nobody@example.test')];
    expect(one).toEqual(again);
    expect(one.equals(other)).toBe(false);
    expect(await sharp(one).metadata()).toMatchObject({ width: 128, height: 128, format: 'png' });
  });

  it('draws the initials of a name that the request gives, and blank is transparent', async () => {
    const hash = hashOf('md5', 'nobody@example.test');
    const [ab, cd] = await Promise.all(['Ann Bee', 'Cee Dee'].map(async (name) => bytesOf(await get(`/avatar/${hash}?d=initials&name=${encodeURIComponent(name)}`))));
    expect(ab!.equals(cd!)).toBe(false);
    const { data } = await sharp(await bytesOf(await get(`/avatar/${hash}?d=blank`))).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
    expect(data.every((value, index) => index % 4 !== 3 || value === 0)).toBe(true);
  });

  it('leads to URLs of the allow-list and to no others, and f=y hides also who is there', async () => {
    const hash = hashOf('md5', 'nobody@example.test');
    const allowed = await get(`/avatar/${hash}?d=${encodeURIComponent('https://static.example.org/a.png?x=1')}`);
    expect([allowed.status, allowed.headers.get('location'), allowed.headers.get('cache-control')]).toEqual([302, 'https://static.example.org/a.png?x=1', 'no-store']);
    for (const url of ['https://evil.test/a.png', 'https://static.example.org@evil.test/', 'https://static.example.org.evil.test/', 'http://static.example.org/', 'javascript:alert(1)', '//evil.test/', 'https://u:p@static.example.org/']) {
      expect((await get(`/avatar/${hash}?d=${encodeURIComponent(url)}`)).status).toBe(200);
    }
    expect((await get(`/avatar/${hashOf('md5', email)}?f=y&d=404`)).status).toBe(404);
  });

  it.each(['nonsense', '..', '%00', 'a'.repeat(90), `${'0'.repeat(31)}.png`])('shows the default for %s, which is no hash', async (segment) => {
    const response = await get(`/avatar/${encodeURIComponent(segment).replace('%2500', '%00')}`);
    expect([200, 400, 404]).toContain(response.status);
    expect(response.status).toBeLessThan(500);
  });

  it('finds users by an index, and keeps the hashes with the address', async () => {
    const plan = await service.app.get(DataSource).transaction(async (manager) => {
      await manager.query('SET LOCAL enable_seqscan = off');
      return JSON.stringify(await manager.query(`EXPLAIN SELECT * FROM users u WHERE u.email_sha256 = $1 AND u.gravatar_opt_in AND u.email_verified`, ['x']));
    });
    expect(plan).toContain('users_email_sha256_index');
    expect(await service.app.get(DataSource).query(`SELECT 1 FROM users WHERE email_md5 <> md5(email_key) OR email_sha256 <> encode(sha256(convert_to(email_key, 'UTF8')), 'hex')`)).toEqual([]);
  });
});

describe('clients of the protocol, as they are', () => {
  it('gravatar of npm', async () => {
    for (const address of [email, `  ${email.toUpperCase()} `]) await expectAdas(await fetch(gravatar.url(address, { cdn: service.url, s: '200', d: '404' })), 256);
    expect((await fetch(gravatar.url(hidden, { cdn: service.url, d: '404' }))).status).toBe(404);
  });

  it('libravatar of npm, which finds the service by DNS', async () => {
    const [dns, before] = [await startSrvServer('127.0.0.1', service.port), getServers()];
    setServers([dns.address]);
    try {
      const url = await libravatar.get_avatar_url({ email: email.toUpperCase(), size: 512, default: '404' });
      expect(url).toContain(`127.0.0.1:${service.port}/avatar/`);
      await expectAdas(await fetch(url), 512);
      expect((await fetch(await libravatar.get_avatar_url({ email: hidden, default: '404' }))).status).toBe(404);
    } finally {
      setServers(before);
      dns.stop();
    }
  });
});

describe('where the protocol is off', () => {
  it('there is nothing', async () => {
    const off = await startAvatarsApp();
    try {
      const response = await fetch(`${off.url}/avatar/${hashOf('md5', email)}`);
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([404, 'request.not_found']);
    } finally {
      await off.close();
    }
  });
});
