import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Colour } from 'sharp';
import { FencedEntry } from '../../src/kernel/cache/index.js';
import { AvatarSweep, OperatorPicture } from '../../src/modules/avatars/index.js';
import { PIPELINE_VERSION } from '../../src/modules/users/index.js';
import { command } from '../cli/command.js';
import { registerUser, type Api } from '../kit/api.js';
import { describeOnEitherShape, startService, type TestService } from '../kit/service.js';
import { scaled } from '../proofs/scale.js';
import { cornersOf, distance, flat } from './test-pictures.js';

const INSTANCES = 3;

type User = Awaited<ReturnType<typeof registerUser>>;

const setBy = (operator: OperatorPicture, bytes: Buffer): Promise<string> => operator.put({ bytes, crop: null });

const picture = (background: Colour): Promise<Buffer> => flat(64, 64, background).flatten().png().toBuffer();

describeOnEitherShape('the operator’s default picture', (shape) => {
  let service: TestService;
  let api: Api;
  let operator: OperatorPicture;
  let ada: User;

  beforeAll(async () => {
    service = await startService(shape, { AVATAR_DEFAULT: 'picture', AVATAR_SUPERSEDED_TTL_SECONDS: '0', RATE_LIMITS: 'off' }, INSTANCES);
    api = service.api;
    operator = api.app.get(OperatorPicture);
    ada = await registerUser(api, { displayName: 'Ada Lovelace' });
  });
  afterEach(() => void jest.restoreAllMocks());
  afterAll(() => service.stop());

  /** Everything that tells what a user is shown with, from one instance: version, by every way there is, and validators. */
  async function seen(instance: Api, user: User): Promise<{ readonly versions: string[]; readonly kind: string; readonly userEtag: string; readonly pictureEtag: string }> {
    const [me, view, lookup, shown] = await Promise.all([
      instance.get('/v1/users/me', { token: user.token }),
      instance.get(`/v1/users/${user.id}`, { token: ada.token }),
      instance.post('/v1/users/lookup', { ids: [user.id] }, { token: user.token }),
      instance.get(`/v1/users/${user.id}/avatar?size=32&format=png`),
    ]);
    const versions = [me.body.avatar.version, view.body.avatar.version, lookup.body.items[0].avatar.version, shown.headers.get('etag')!.slice(1).replace('-32-png"', '')];
    return { versions, kind: me.body.avatar.kind, userEtag: me.headers.get('etag')!, pictureEtag: shown.headers.get('etag')! };
  }
  const everywhere = (user: User) => Promise.all(service.instances.map((instance) => seen(instance, user)));

  it('is shown to all who have none as soon as it is set, on every instance and whatever they had cached, and to nobody else', async () => {
    const [bob, eve] = [await registerUser(api), await registerUser(api)];
    await api.put('/v1/users/me/avatar', new Uint8Array(await picture('#0000ff')), { token: eve.token });
    const evesBefore = await everywhere(eve);
    for (const background of ['#ff0000', '#00ff00'] as const) {
      const before = await everywhere(bob);
      await everywhere(ada);
      const digest = `u${PIPELINE_VERSION}-${await setBy(operator, await picture(background))}`;
      const after = [...(await everywhere(bob)), ...(await everywhere(ada))];
      expect(after.map(({ versions }) => versions)).toEqual(after.map(() => [digest, digest, digest, digest]));
      expect(new Set(after.map(({ kind }) => kind))).toEqual(new Set(['generated']));
      for (const instance of service.instances) {
        expect((await instance.get('/v1/users/me', { token: bob.token, headers: { 'if-none-match': before[0]!.userEtag } })).status).toBe(200);
        const path = `/v1/users/${bob.id}/avatar?size=32&format=png`;
        const shown = await instance.get(path, { headers: { 'if-none-match': before[0]!.pictureEtag } });
        expect(shown.status).toBe(200);
        expect(distance((await cornersOf(shown.bytes))[0]!, background === '#ff0000' ? [255, 0, 0] : [0, 255, 0])).toBeLessThan(3);
        expect((await instance.get(path, { headers: { 'if-none-match': after[0]!.pictureEtag } })).status).toBe(304);
        expect((await instance.get(`/v1/avatars/${digest}/32.png`)).bytes).toEqual(shown.bytes);
      }
    }
    expect(await everywhere(eve)).toEqual(evesBefore);
    expect((await api.delete('/v1/users/me/avatar', { token: eve.token })).status).toBe(204);
    expect((await everywhere(eve)).map(({ versions }) => versions[0])).toEqual((await everywhere(bob)).map(({ versions }) => versions[0]));
    await operator.remove();
    expect((await everywhere(bob)).flatMap(({ versions }) => versions).every((version) => version.startsWith('g'))).toBe(true);
  });

  it('never comes back once another one was acknowledged, however many ask meanwhile', async () => {
    const pictures = await Promise.all(Array.from({ length: scaled(12, 4) }, (_, index) => picture({ r: 20 * index, g: 0, b: 9 })));
    const order: string[] = [];
    let acknowledged = -1;
    let isOver = false;
    const faults: string[] = [];
    const readers = service.instances.flatMap((instance) => [0, 1].map(async (way) => {
      let newest = -1;
      for (let isLast = false; !isLast; ) {
        isLast = isOver;
        const floor = Math.max(acknowledged, newest);
        const version = way === 0
          ? ((await instance.get('/v1/users/me', { token: ada.token })).body.avatar.version as string)
          : (await instance.get(`/v1/users/${ada.id}/avatar?size=32&format=png`)).headers.get('etag')!.split('-').slice(0, 2).join('-').slice(1);
        const at = order.indexOf(version);
        if (at < floor) faults.push(`${version} is number ${at}, after ${floor}`);
        newest = Math.max(newest, at);
      }
      return newest;
    }));
    for (const [index, bytes] of pictures.entries()) {
      const changing = service.instances[index % INSTANCES]!.app.get(OperatorPicture);
      // Its name is known before it is shown, so that readers can tell.
      const key = (await changing['pipeline'].normalise(bytes)).key;
      order.push(`u${PIPELINE_VERSION}-${key}`);
      expect(await setBy(changing, bytes)).toBe(key);
      acknowledged = index;
      const now = await Promise.all(service.instances.map((instance) => instance.get('/v1/users/me', { token: ada.token })));
      expect(now.map(({ body }) => body.avatar.version)).toEqual(Array(INSTANCES).fill(order[index]));
    }
    isOver = true;
    expect(new Set(await Promise.all(readers))).toEqual(new Set([pictures.length - 1]));
    expect(faults).toEqual([]);
  });

  it('keeps its bytes through sweeps and through the erasure of a user with the same picture, and loses them when it is replaced', async () => {
    const bytes = await picture('#123456');
    const key = await setBy(operator, bytes);
    const bob = await registerUser(api);
    await api.put('/v1/users/me/avatar', new Uint8Array(bytes), { token: bob.token });
    expect((await api.delete('/v1/users/me', { token: bob.token, body: { currentPassword: bob.password } })).status).toBe(204);
    const sweep = api.app.get(AvatarSweep);
    expect(await sweep.run({ dryRun: false })).toMatchObject({ missing: 0 });
    expect((await api.get(`/v1/avatars/u1-${key}/64.webp`)).status).toBe(200);
    await operator.remove();
    await sweep.run({ dryRun: false });
    expect((await api.get(`/v1/avatars/u1-${key}/64.webp`)).status).toBe(404);
  });

  it('stands when its successor is refused', async () => {
    const key = await setBy(operator, await picture('#abcdef'));
    await expect(setBy(operator, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))).rejects.toMatchObject({ code: 'avatar.unsupported_type' });
    expect((await everywhere(ada)).map(({ versions }) => versions[0])).toEqual(Array(INSTANCES).fill(`u${PIPELINE_VERSION}-${key}`));
  });

  describe('over HTTP', () => {
    const URL = '/v1/avatars/default';
    const versions = async (): Promise<string[]> => (await everywhere(bob)).flatMap((instance) => instance.versions);
    let bob: User;
    beforeAll(async () => { bob = await registerUser(api); });

    it('is set and taken away by an admin, at any instance, for every instance, and told as it is', async () => {
      const [first, second, third] = service.instances as [Api, Api, Api];
      const put = await second.put(URL, new Uint8Array(await picture('#00aaff')), { token: ada.token });
      expect(put).toMatchObject({ status: 200, body: { version: expect.stringMatching(/^u[0-9]+-[0-9a-f]{64}$/), shown: true } });
      expect(put.headers.get('cache-control')).toBe('no-store');
      expect(new Set(await versions())).toEqual(new Set([put.body.version]));
      expect((await third.get(URL, { token: ada.token })).body).toEqual(put.body);
      const immutable = await first.get(new globalThis.URL(put.body.immutableUrl as string).pathname);
      expect([immutable.status, distance((await cornersOf(immutable.bytes))[0]!, [0, 170, 255]) < 3]).toEqual([200, true]);
      for (const instance of [third, first]) expect((await instance.delete(URL, { token: ada.token })).status).toBe(204);
      expect((await versions()).every((version) => version.startsWith('g'))).toBe(true);
      expect((await second.get(URL, { token: ada.token })).body).toEqual({ version: null, immutableUrl: null, shown: false });
    });

    it('takes the square of a form that is asked for, and leaves everything as it was where it refuses', async () => {
      const halves = flat(40, 20, '#ff0000').composite([{ input: await flat(20, 20, '#0000ff').png().toBuffer(), left: 20, top: 0 }]).flatten();
      const form = new FormData();
      form.set('file', new Blob([new Uint8Array(await halves.png().toBuffer())]), 'default.png');
      for (const [name, value] of Object.entries({ cropX: '20', cropY: '0', cropSize: '20' })) form.set(name, value);
      const { body } = await api.put(URL, form, { token: ada.token });
      const shown = await api.get(`/v1/users/${bob.id}/avatar?size=32&format=png`);
      expect((await cornersOf(shown.bytes)).map((corner) => distance(corner, [0, 0, 255]) < 3)).toEqual([true, true, true, true]);
      const refused = await api.put(URL, new TextEncoder().encode('<svg xmlns="http://www.w3.org/2000/svg"/>'), { token: ada.token });
      expect(refused).toMatchObject({ status: 415, body: { code: 'avatar.unsupported_type' } });
      expect(new Set(await versions())).toEqual(new Set([body.version]));
    });

    it('is an admin’s affair: others are refused before a byte is read, and nothing is changed', async () => {
      const before = await versions();
      const sent = new Uint8Array(await picture('#112233'));
      const answers = [
        await api.get(URL, { token: bob.token }), await api.put(URL, sent, { token: bob.token }), await api.delete(URL, { token: bob.token }),
        await api.get(URL), await api.put(URL, sent), await api.delete(URL),
      ];
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 401, 401, 401]);
      expect(await versions()).toEqual(before);
    });

    it('is written down with who did it, and not a second time when nothing changed', async () => {
      const { body } = await api.put(URL, new Uint8Array(await picture('#445566')), { token: ada.token });
      await api.put(URL, new Uint8Array(await picture('#445566')), { token: ada.token });
      await api.delete(URL, { token: ada.token });
      const { items } = (await api.get('/v1/audit-events?action=default_picture.changed&limit=2', { token: ada.token })).body;
      const key = (body.version as string).split('-')[1];
      expect(items).toMatchObject([
        { actorKind: 'user', actorId: ada.id, subjectId: null, details: { picture: null } },
        { actorKind: 'user', actorId: ada.id, subjectId: null, details: { picture: key } },
      ]);
    });
  });

  if (shape === 'PostgreSQL and Redis') {
    it('is not changed where it cannot be fenced before the commit, and said to be unknown where it cannot after', async () => {
      const key = await setBy(operator, await picture('#222222'));
      const entry = api.app.get(FencedEntry);
      jest.spyOn(entry, 'fence').mockRejectedValueOnce(new Error('no Redis'));
      await expect(setBy(operator, await picture('#333333'))).rejects.toThrow('no Redis');
      expect((await everywhere(ada)).map(({ versions }) => versions[0])).toEqual(Array(INSTANCES).fill(`u${PIPELINE_VERSION}-${key}`));
      jest.restoreAllMocks();
      const real = entry.fence.bind(entry);
      jest.spyOn(entry, 'fence').mockImplementationOnce(real).mockRejectedValue(new Error('no Redis'));
      await expect(setBy(operator, await picture('#444444'))).rejects.toMatchObject({ code: 'request.outcome_unknown' });
    });

    it('`avatars default` sets it beside the running service, tells it, and takes it back', async () => {
      const file = join(service.dataDir, 'default.png');
      await writeFile(file, await picture('#765432'));
      const settings = { DATABASE_URL: service.databaseUrl, REDIS_URL: service.redisUrl!, DATA_DIR: service.dataDir, AVATAR_DEFAULT: 'picture' };
      const set = await command(settings, ['avatars', 'default', file]);
      const [, key] = /^The default picture is ([0-9a-f]{64})\.\n$/.exec(set.stdout) ?? [];
      expect([set.code, (await everywhere(ada)).map(({ versions }) => versions[0])]).toEqual([0, Array(INSTANCES).fill(`u${PIPELINE_VERSION}-${key}`)]);
      const none = await command(settings, ['avatars', 'default', '--none']);
      expect([none.code, (await everywhere(ada)).every(({ versions }) => versions[0]!.startsWith('g'))]).toEqual([0, true]);
      expect((await command(settings, ['avatars', 'default', join(service.dataDir, 'no.png')])).code).toBe(2);
    });
  }
});
