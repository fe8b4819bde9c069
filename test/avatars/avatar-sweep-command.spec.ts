import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { command } from '../cli/command.js';
import type { AvatarDto } from '../../src/modules/users/index.js';
import { startAvatarsApp, type AvatarsApp } from './avatars-app.js';
import { formOf, keyOf, putPicture, sourcesOf } from './avatars-client.js';
import { flat } from './test-pictures.js';

let service: AvatarsApp;
let ada: string;

beforeAll(async () => {
  service = await startAvatarsApp();
  ada = await service.user();
});
afterAll(() => service.close());

it('`avatars sweep` says what it would do, does it beside the running service, and fails when pictures are missing', async () => {
  const put = async (shade: number): Promise<AvatarDto> =>
    (await (await putPicture(service, ada, '/v1/users/me/avatar', formOf(await flat(30, 30, { r: shade, g: 1, b: 1 }).png().toBuffer()))).json()) as AvatarDto;
  await put(10);
  const current = await put(200);
  const settings = { DATABASE_URL: service.databaseUrl, DATA_DIR: dirname(service.folder), AVATAR_SUPERSEDED_TTL_SECONDS: '0' };
  const dry = await command(settings, ['avatars', 'sweep', '--dry-run', '--json']);
  expect([dry.code, dry.json]).toMatchObject([0, { dryRun: true, superseded: 1, missing: 0 }]);
  expect(await sourcesOf(service)).toHaveLength(2);
  const real = await command(settings, ['avatars', 'sweep']);
  expect([real.code, real.stdout]).toEqual([0, expect.stringContaining('1 superseded')]);
  expect(await sourcesOf(service)).toEqual([keyOf(current)]);
  await rm(join(service.folder, 'sources', keyOf(current)));
  const missing = await command(settings, ['avatars', 'sweep']);
  expect([missing.code, missing.stdout]).toEqual([1, expect.stringContaining(keyOf(current))]);
}, 120_000);

it('`avatars sweep` keeps a picture that somebody replaced and that is the default picture, until that is another', async () => {
  const settings = { DATABASE_URL: service.databaseUrl, DATA_DIR: dirname(service.folder), AVATAR_SUPERSEDED_TTL_SECONDS: '0', AVATAR_DEFAULT: 'picture' } as const;
  const bob = await service.user();
  const file = await flat(30, 30, { r: 77, g: 88, b: 99 }).png().toBuffer();
  const path = join(service.folder, 'default.png');
  await writeFile(path, file);
  const shared = keyOf((await (await putPicture(service, bob, '/v1/users/me/avatar', formOf(file))).json()) as AvatarDto);
  expect((await command(settings, ['avatars', 'default', path])).code).toBe(0);
  await putPicture(service, bob, '/v1/users/me/avatar', formOf(await flat(30, 30, { r: 5, g: 6, b: 7 }).png().toBuffer()));
  const swept = async (): Promise<boolean> => {
    await command(settings, ['avatars', 'sweep']);
    return !(await sourcesOf(service)).includes(shared);
  };
  expect(await swept()).toBe(false);
  // The default picture itself counts, also where its use is noted as over, or not at all.
  const database = new pg.Client({ connectionString: service.databaseUrl });
  await database.connect();
  await database.query(`UPDATE avatar_uses SET superseded_at = clock_timestamp() - interval '2 days' WHERE picture_key = $1`, [shared]);
  const dry = await command(settings, ['avatars', 'sweep', '--dry-run', '--json']);
  expect([dry.json.superseded, await swept()]).toEqual([0, false]);
  expect((await database.query('SELECT 1 FROM avatar_uses WHERE picture_key = $1', [shared])).rowCount).toBe(0);
  await database.end();
  const twoDaysAgo = new Date(Date.now() - 2 * 86_400_000);
  await utimes(join(service.folder, 'sources', shared), twoDaysAgo, twoDaysAgo);
  expect(await swept()).toBe(false);
  expect((await command(settings, ['avatars', 'default', '--none'])).code).toBe(0);
  await utimes(join(service.folder, 'sources', shared), twoDaysAgo, twoDaysAgo);
  expect(await swept()).toBe(true);
}, 120_000);
