import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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
