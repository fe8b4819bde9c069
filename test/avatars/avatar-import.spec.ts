import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { command } from '../cli/command.js';
import { PictureFetcher } from '../../src/modules/avatars/import/picture-fetcher.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { codeOf, shownTo, sourcesOf } from './avatars-client.js';
import { flat, quarters } from './test-pictures.js';
import { eventually } from '../kit/eventually.js';

const MAX_BYTES = 200_000;
let elsewhere: Server;
let origin: string;
let asked: string[] = [];
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let picture: Buffer;
let service: AvatarsApp;
let ada: string;

beforeAll(async () => {
  elsewhere = createServer((request, response) => {
    asked.push(request.url!);
    answer(request, response);
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}`;
  picture = await quarters(60, 60).png().toBuffer();
  service = await startAvatarsApp({
    AVATAR_MAX_BYTES: String(MAX_BYTES),
    AVATAR_IMPORT_ALLOWED_NETWORKS: '127.0.0.1',
    GRAVATAR_IMPORT: 'verified',
    GRAVATAR_IMPORT_URL: `${origin}/avatar`,
  });
});
afterAll(async () => {
  await service?.close();
  elsewhere.closeAllConnections();
  elsewhere.close();
});
beforeEach(async () => {
  asked = [];
  answer = (_request, response) => void response.end(picture);
  ada = await service.user();
});

const importFor = (userId: string, url: string, as = `${userId} admin`): Promise<Response> =>
  fetch(`${service.url}/v1/users/${userId}/avatar/import`, {
    method: 'POST',
    headers: { authorization: `Bearer ${as}`, 'content-type': 'application/json' },
    body: JSON.stringify({ url }),
  });

describe('a picture from a URL', () => {
  it('is put by an admin, and shown at once', async () => {
    const before = await shownTo(service, ada);
    const response = await importFor(ada, `${origin}/ada.png`);
    expect([response.status, await response.json(), asked]).toMatchObject([200, { kind: 'uploaded' }, ['/ada.png']]);
    expect((await shownTo(service, ada)).equals(before)).toBe(false);
  });

  it('is fetched for admins alone, and for users that there are', async () => {
    expect((await importFor(ada, `${origin}/ada.png`, ada)).status).toBe(403);
    expect(await codeOf(await importFor('01890000-0000-7000-8000-000000000000', `${origin}/ada.png`))).toBe('404 user.not_found');
    expect(asked).toEqual([]);
  });

  it.each(['http://10.0.0.1/a.png', 'http://169.254.169.254/latest/meta-data/', 'http://[::1]/', 'http://0x7f.2/', 'http://2130706434/', 'ftp://example.org/a.png', 'file:///etc/passwd', 'https://user:pw@example.org/', 'nonsense'])('is not fetched from %s', async (url) => {
    expect(await codeOf(await importFor(ada, url))).toBe('400 request.invalid');
  });

  it.each<[string, string, typeof answer]>([
    ['is not there', '502 avatar.import_failed', (_request, response) => void response.writeHead(404).end()],
    ['leads elsewhere', '502 avatar.import_failed', (_request, response) => void response.writeHead(302, { location: `${origin}/other.png` }).end()],
    ['says that it is too long', '413 avatar.too_large', (_request, response) => void response.writeHead(200, { 'content-length': String(MAX_BYTES + 1) }).flushHeaders()],
    ['never ends', '413 avatar.too_large', (request, response) => {
      const timer = setInterval(() => response.write(Buffer.alloc(50_000)), 1);
      request.socket.once('close', () => clearInterval(timer));
    }],
    ['ends too soon', '502 avatar.import_failed', (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' }).write('half');
      setTimeout(() => response.socket?.destroy(), 20);
    }],
    ['is a page', '422 avatar.not_an_image', (_request, response) => void response.end('<html></html>')],
    ['is SVG', '415 avatar.unsupported_type', (_request, response) => void response.end('<svg xmlns="http://www.w3.org/2000/svg"/>')],
  ])('that %s is %s; the old one stands, and nothing is left', async (_name, expected, behaviour) => {
    const [shown, stored] = [await shownTo(service, ada), await sourcesOf(service)];
    answer = behaviour;
    expect(await codeOf(await importFor(ada, `${origin}/a.png`))).toBe(expected);
    expect(asked).toEqual(['/a.png']);
    expect((await shownTo(service, ada)).equals(shown)).toBe(true);
    expect(await sourcesOf(service)).toEqual(stored);
  });

  it('is fetched from the address that was judged: a name that changes its mind is refused', async () => {
    const answers = [['93.184.216.34'], ['127.0.0.1']];
    const rules = { maxBytes: 1000, allowedNetworks: [], isHttpAllowed: true };
    let lookups = 0;
    const resolver = (_host: string, _options: unknown, done: (error: null, found: { address: string; family: number }[]) => void): void =>
      done(null, answers[Math.min(lookups++, 1)]!.map((address) => ({ address, family: 4 })));
    lookups = 1; // somebody looked before, and liked what he saw
    const fetcher = new PictureFetcher(rules, resolver);
    await expect(fetcher.fetch(`http://rebinding.example:${new URL(origin).port}/`)).rejects.toMatchObject({ code: 'avatar.import_failed', message: expect.stringContaining('address_refused') });
    expect([lookups, asked]).toEqual([2, []]);
  });

  it('is fetched by https alone in production', async () => {
    const fetcher = new PictureFetcher({ maxBytes: 1000, allowedNetworks: [], isHttpAllowed: false });
    await expect(fetcher.fetch('http://example.org/a.png')).rejects.toMatchObject({ code: 'request.invalid' });
  });
});

describe('the picture that an address has at Gravatar', () => {
  const waitForAsked = async (count: number): Promise<void> => {
    await eventually(`asked ${count} times`, () => asked.length >= count);
    expect(asked).toHaveLength(count);
  };
  const verify = (userId: string): Promise<Response> =>
    fetch(`${service.url}/v1/users/${userId}`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${userId} admin`, 'content-type': 'application/json' },
      body: JSON.stringify({ emailVerified: true }),
    });
  const kind = async (userId: string): Promise<string> => (await service.users.snapshot(userId))!.dto.avatar.kind;

  it('is brought over once the address is proved, and not before; a picture of the user’s own stands', async () => {
    await importFor(ada, `${origin}/own.png`);
    const grace = await service.user();
    const { email } = (await service.users.snapshot(grace))!.dto;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(asked).toEqual(['/own.png']);
    for (const user of [ada, grace]) expect((await verify(user)).status).toBe(200);
    await waitForAsked(2);
    expect(asked[1]).toBe(`/avatar/${createHash('sha256').update(email).digest('hex')}?s=512&d=404`);
    await eventually('the picture is brought over', async () => (await kind(grace)) === 'uploaded');
  });

  it('is no matter when there is none, or the other side does not answer', async () => {
    for (const behaviour of [(_request: unknown, response: ServerResponse) => void response.writeHead(404).end(), (request: IncomingMessage) => void request.socket.destroy()]) {
      asked = [];
      answer = behaviour;
      const user = await service.user();
      expect((await verify(user)).status).toBe(200);
      await waitForAsked(1);
      expect(await kind(user)).toBe('generated');
    }
  });
});

describe('`avatars import`', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'likeness-import-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('takes files by id, external id, email and username; says what it left out, and done again changes nothing', async () => {
    const settings = { DATABASE_URL: service.databaseUrl, DATA_DIR: dirname(service.folder), AVATAR_MAX_BYTES: String(MAX_BYTES) };
    const [grace, alan, mary] = [await service.user(), await service.user(), await service.user()];
    const [alans, marys] = [(await service.users.snapshot(alan))!.dto, (await service.users.snapshot(mary))!.dto];
    const good = await flat(30, 30, '#123').png().toBuffer();
    const files = { [`${grace}.png`]: good, [`${alans.email}.jpg`]: good, [`${marys.username.toUpperCase()}.PNG`]: good, [`${ada}.png`]: Buffer.from('no picture'), 'nobody.png': good, '.hidden': good };
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes);
    await mkdir(join(folder, 'folder.png'));
    await symlink('/etc/passwd', join(folder, `${ada}.webp`));
    const dry = await command(settings, ['avatars', 'import', folder, '--dry-run', '--json']);
    expect([dry.code, dry.json]).toMatchObject([1, { dryRun: true, files: 8, imported: 4, unknown: 1, ignored: 3 }]);
    expect((await service.users.snapshot(grace))!.dto.avatar.kind).toBe('generated');
    const real = await command(settings, ['avatars', 'import', folder, '--json']);
    expect([real.code, real.json]).toMatchObject([1, { files: 8, imported: 3, refused: 1, unknown: 1, ignored: 3, problems: expect.arrayContaining([{ file: `${ada}.png`, code: 'avatar.not_an_image' }, { file: 'nobody.png', code: 'user.not_found' }]) }]);
    for (const user of [grace, alan, mary]) expect((await service.users.snapshot(user))!.dto.avatar.kind).toBe('uploaded');
    const version = (await service.users.snapshot(grace))!.version;
    expect((await command(settings, ['avatars', 'import', folder, '--json'])).json).toMatchObject({ imported: 0, kept: 3 });
    expect((await command(settings, ['avatars', 'import', folder, '--replace', '--json'])).json).toMatchObject({ imported: 0, unchanged: 3 });
    expect((await service.users.snapshot(grace))!.version).toBe(version);
    expect((await command(settings, ['avatars', 'import', join(folder, 'nowhere')])).code).toBe(2);
  }, 120_000);
});
