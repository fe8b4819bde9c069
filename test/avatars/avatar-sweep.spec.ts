import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { mkdir, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DataSource } from 'typeorm';
import { AvatarSweep, type SweepProgress } from '../../src/modules/avatars/index.js';
import { AvatarUsesRepository } from '../../src/modules/avatars/keeping/avatar-uses.repository.js';
import { PictureBytes } from '../../src/modules/avatars/storage/picture-bytes.js';
import type { AvatarDto } from '../../src/modules/users/index.js';
import { UserWrites } from '../../src/modules/users/user-writes.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { formOf, keyOf, putPicture, shownTo, sourcesOf } from './avatars-client.js';
import { flat, noise } from './test-pictures.js';

const NOBODYS = 'e'.repeat(64);
const DAY_MS = 24 * 3600 * 1000;

let service: AvatarsApp;
let ada: string;
let colour = 0;

beforeEach(async () => {
  service = await startAvatarsApp({ AVATAR_SUPERSEDED_TTL_SECONDS: '3600' });
  ada = await service.user();
});
afterEach(() => service.close());

const sweep = (dryRun = false): Promise<SweepProgress> => service.app.get(AvatarSweep).run({ dryRun });
const sql = (text: string, parameters: unknown[] = []): Promise<unknown> => service.app.get(DataSource).query(text, parameters);
const statusOf = async (path: string): Promise<number> => (await fetch(service.url + path)).status;
const variantsOf = (name: string): boolean => existsSync(join(service.folder, 'variants', name));

async function put(user = ada, bytes?: Buffer): Promise<AvatarDto> {
  const picture = bytes ?? (await flat(40, 40, { r: (colour += 1), g: 7, b: 200 }).png().toBuffer());
  return (await (await putPicture(service, user, '/v1/users/me/avatar', formOf(picture))).json()) as AvatarDto;
}

/** As if everything that was superseded had been so two hours earlier. */
const twoHoursLater = (): Promise<unknown> => sql(`UPDATE avatar_uses SET superseded_at = superseded_at - interval '2 hours'`);

async function aged(file: string, ageMs = 25 * 3600 * 1000): Promise<void> {
  const at = new Date(Date.now() - ageMs);
  await utimes(join(service.folder, file), at, at);
}

async function orphan(key = NOBODYS, ageMs?: number): Promise<void> {
  await service.app.get(PictureBytes).keep({ key, bytes: Buffer.from('source') });
  await service.app.get(PictureBytes).settleVariant(`u1-${key}`, { size: 64, format: 'webp' }, Buffer.from('variant'));
  await aged(`sources/${key}`, ageMs);
}

describe('the sweep: superseded pictures', () => {
  it('stay resolvable for their grace, and are gone after it, with all their variants', async () => {
    const [old, current] = [await put(), await put()];
    for (const size of [32, 256]) expect(await statusOf(`/v1/avatars/${old.version}/${size}.webp`)).toBe(200);
    expect(await sweep()).toMatchObject({ superseded: 0, orphans: 0, missing: 0, failed: 0 });
    expect(await statusOf(`/v1/avatars/${old.version}/64.png`)).toBe(200);
    await twoHoursLater();
    expect(await sweep()).toMatchObject({ superseded: 1, orphans: 0, missing: 0, failed: 0 });
    const gone = await fetch(`${service.url}/v1/avatars/${old.version}/256.webp`);
    expect([gone.status, gone.headers.get('cache-control')]).toEqual([404, 'no-store']);
    expect(await sourcesOf(service)).toEqual([keyOf(current)]);
    expect(variantsOf(old.version)).toBe(false);
    expect(await sql('SELECT picture_key FROM avatar_uses')).toEqual([{ picture_key: keyOf(current) }]);
  });

  it('stay as long as anybody else has the same, or has it within the grace', async () => {
    const [bob, eve, same] = [await service.user(), await service.user(), await flat(30, 30, '#123456').png().toBuffer()];
    const shared = await put(ada, same);
    for (const user of [bob, eve]) await put(user, same);
    await put(ada);
    await put(eve);
    await twoHoursLater();
    expect(await sweep()).toMatchObject({ superseded: 0 });
    await service.users.changeAvatar(bob, null); // just now
    expect(await sweep()).toMatchObject({ superseded: 0 });
    expect(await sourcesOf(service)).toContain(keyOf(shared));
    await twoHoursLater();
    expect(await sweep()).toMatchObject({ superseded: 1 });
    expect(await sourcesOf(service)).not.toContain(keyOf(shared));
  });

  it('that are put again are nobody’s to remove', async () => {
    const same = await flat(30, 30, '#654321').png().toBuffer();
    const first = await put(ada, same);
    await put();
    await put(ada, same);
    await twoHoursLater();
    expect(await sweep()).toMatchObject({ superseded: 1 });
    expect(await sourcesOf(service)).toEqual([keyOf(first)]);
    expect((await shownTo(service, ada)).length).toBeGreaterThan(100);
  });
});

describe('the sweep: bytes that no row names', () => {
  it('go when nobody wrote them for 24 hours, and not before', async () => {
    const current = await put();
    await orphan(NOBODYS, DAY_MS - 60_000);
    expect(await sweep()).toMatchObject({ orphans: 0 });
    expect(await sourcesOf(service)).toContain(NOBODYS);
    await aged(`sources/${NOBODYS}`, DAY_MS + 60_000);
    expect(await sweep()).toMatchObject({ orphans: 1, failed: 0 });
    expect(await sourcesOf(service)).toEqual([keyOf(current)]);
    expect(variantsOf(`u1-${NOBODYS}`)).toBe(false);
  });

  it('go also when only variants are left of them, and what is not ours is counted and left alone', async () => {
    await service.app.get(PictureBytes).settleVariant(`u1-${NOBODYS}`, { size: 32, format: 'png' }, Buffer.from('variant'));
    await mkdir(join(service.folder, 'variants', 'not-ours'));
    for (const file of ['sources/README.txt', 'variants/not-ours/32.webp', 'variants/loose']) {
      await writeFile(join(service.folder, file), 'x');
      await aged(file);
    }
    expect(await sweep()).toMatchObject({ orphans: 1, foreign: 3, failed: 0 });
    expect(variantsOf(`u1-${NOBODYS}`)).toBe(false);
    expect((await readdir(join(service.folder, 'sources'))).sort()).toEqual(['README.txt']);
  });

  it('never go from under a picture that is old and shown', async () => {
    const current = await put();
    await shownTo(service, ada);
    await aged(`sources/${keyOf(current)}`, 400 * DAY_MS);
    expect(await sweep()).toMatchObject({ orphans: 0, superseded: 0, missing: 0 });
    expect(await statusOf(`/v1/users/${ada}/avatar?size=64&format=png`)).toBe(200);
  });

  it('never go from under a row of the user whose note of its use was lost', async () => {
    const current = await put();
    await sql('DELETE FROM avatar_uses');
    await aged(`sources/${keyOf(current)}`);
    expect(await sweep()).toMatchObject({ orphans: 0 });
    expect(await sourcesOf(service)).toEqual([keyOf(current)]);
  });

  it('are decided again under the lock: what an upload begins to use meanwhile stays, or is written again', async () => {
    await orphan();
    const uses = service.app.get(AvatarUsesRepository);
    const known = uses.knownAmong.bind(uses);
    uses.knownAmong = async (keys) => {
      const answer = await known(keys);
      // Between the look and the lock: somebody is shown with it.
      await service.users.changeAvatar(ada, { key: NOBODYS });
      return answer;
    };
    expect(await sweep()).toMatchObject({ orphans: 0 });
    expect(await sourcesOf(service)).toEqual([NOBODYS]);
  });

  it('are found while uploads run: none of the uploads is harmed, and nothing is left over', async () => {
    const users = await Promise.all(Array.from({ length: 6 }, () => service.user()));
    const sweeping = (async () => {
      for (let round = 0; round < 8; round += 1) {
        await twoHoursLater();
        for (const name of await sourcesOf(service)) await aged(`sources/${name}`).catch(() => undefined);
        expect(await sweep()).toMatchObject({ failed: 0, missing: 0 });
      }
    })();
    for (let round = 0; round < 6; round += 1) {
      const answers = await Promise.all(users.map(async (user, index) => put(user, await noise(20 + (index % 2), 20 + round).png().toBuffer())));
      for (const answer of answers) expect(answer.kind).toBe('uploaded');
      for (const user of users) expect(await statusOf(`/v1/users/${user}/avatar?size=32`)).toBe(200);
    }
    await sweeping;
    await twoHoursLater();
    await sweep();
    expect(await sourcesOf(service)).toHaveLength(2); // three of the six have the same picture, twice
    for (const user of users) expect(await statusOf(`/v1/users/${user}/avatar?size=512&format=png`)).toBe(200);
  });
});

describe('the sweep: generated pictures', () => {
  it('that nobody is shown with any more stay for the grace, and go after it', async () => {
    await shownTo(service, ada);
    const old = (await service.users.snapshot(ada))!.dto.avatar.version;
    await service.app.get(UserWrites).change(ada, () => ({ set: { displayName: 'Quite Another' } }));
    expect(await sweep()).toMatchObject({ generated: 0 });
    expect(await statusOf(`/v1/avatars/${old}/512.png`)).toBe(200);
    await sql(`UPDATE generated_leftovers SET unused_since = unused_since - interval '2 hours'`);
    expect(await sweep()).toMatchObject({ generated: 1 });
    expect(await statusOf(`/v1/avatars/${old}/512.png`)).toBe(404);
  });

  it('that somebody is shown with again are not removed', async () => {
    await shownTo(service, ada);
    const writes = service.app.get(UserWrites);
    await writes.change(ada, () => ({ set: { displayName: 'Quite Another' } }));
    await sweep();
    await writes.change(ada, () => ({ set: { displayName: 'Ada Lovelace' } }));
    await sql(`UPDATE generated_leftovers SET unused_since = unused_since - interval '2 hours'`);
    expect(await sweep()).toMatchObject({ generated: 0 });
    expect(await sql('SELECT * FROM generated_leftovers')).toEqual([]);
  });

  it('go at once when their user is erased', async () => {
    await shownTo(service, ada);
    const { version } = (await service.users.snapshot(ada))!.dto.avatar;
    expect(variantsOf(version)).toBe(true);
    await service.app.get(UserWrites).remove(ada);
    expect(variantsOf(version)).toBe(false);
    expect(await statusOf(`/v1/avatars/${version}/512.png`)).toBe(404);
    expect(await sql('SELECT * FROM generated_leftovers')).toEqual([]);
  });
});

describe('the sweep', () => {
  it('reports pictures that rows name and the store has lost', async () => {
    const lost = await put();
    await put(await service.user());
    await rm(join(service.folder, 'sources', keyOf(lost)));
    expect(await sweep()).toMatchObject({ missing: 1, missingKeys: [keyOf(lost)] });
  });

  it('removes nothing in a dry run, and says exactly what it would do', async () => {
    await put();
    await put();
    await orphan();
    await writeFile(join(service.folder, 'temporary', 'half'), 'x');
    await aged('temporary/half');
    await twoHoursLater();
    const [before, rows] = [await sourcesOf(service), await sql('SELECT * FROM avatar_uses')];
    const told: SweepProgress[] = [];
    const dry = await service.app.get(AvatarSweep).run({ dryRun: true, onProgress: (progress) => told.push(progress) });
    expect(dry).toMatchObject({ phase: 'done', dryRun: true, superseded: 1, orphans: 1, leftovers: 1, missing: 0 });
    expect(await sourcesOf(service)).toEqual(before);
    expect(await sql('SELECT * FROM avatar_uses')).toEqual(rows);
    expect(existsSync(join(service.folder, 'temporary', 'half'))).toBe(true);
    expect([...new Set(told.map(({ phase }) => phase))]).toEqual(['superseded', 'sources', 'variants', 'missing', 'done']);
    expect(await sweep()).toMatchObject({ dryRun: false, superseded: 1, orphans: 1, leftovers: 1, missing: 0 });
    expect(await sweep()).toMatchObject({ superseded: 0, orphans: 0, leftovers: 0 });
  });

  it('stops with a failure, and removes nothing, when the store is away', async () => {
    await put();
    await rm(service.folder, { recursive: true });
    await expect(sweep()).rejects.toMatchObject({ code: 'avatar.storage_unavailable' });
    expect(await sql('SELECT count(*)::int AS n FROM avatar_uses')).toEqual([{ n: 1 }]);
  });

  it('is done by one instance of several, by schedule', async () => {
    const uses = service.app.get(AvatarUsesRepository);
    const [outer] = await Promise.all([uses.unlessSweeping(async () => uses.unlessSweeping(async () => 'twice'))]);
    expect(outer).toBeNull();
    expect(await uses.unlessSweeping(async () => 'again')).toBe('again');
  });
});
