import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Client } from 'pg';
import sharp from 'sharp';
import { AvatarSweep } from '../../src/modules/avatars/index.js';
import { withDatabase } from '../kit/postgres.js';
import { isLong } from '../proofs/scale.js';
import { startAvatarsApp } from './avatars-app.js';
import { formOf } from './avatars-client.js';
import { registeredAt, SpawnedService } from '../kit/spawned-service.js';
import { cornersOf, distance } from './test-pictures.js';

const KILLER = fileURLToPath(new URL('./killer.preload.mjs', import.meta.url));

let database: Awaited<ReturnType<typeof withDatabase>>;
let dataDir: string;
let settings: Record<string, string>;
let service: SpawnedService | undefined;
let ada: { readonly id: string; readonly token: string };
let shade = 0;

beforeAll(async () => {
  database = await withDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'likeness-crash-'));
  settings = { DATABASE_URL: database.url, DATA_DIR: dataDir, ACCESS_TOKEN_TTL_SECONDS: '3600' };
  service = await SpawnedService.start(settings);
  ada = await registeredAt(service.url, 'ada');
  expect(await put(next())).toBe(200);
  await service.stop();
}, 120_000);
afterEach(() => service?.kill());
afterAll(async () => {
  await database.drop();
  await rm(dataDir, { recursive: true, force: true });
});

type Picture = { readonly grey: number; readonly bytes: Promise<Buffer> };

/** A picture of one shade that no earlier one had; heavy enough that its bytes take more than one write. */
const next = (): Picture => {
  const grey = (shade = (shade % 250) + 5);
  return { grey, bytes: sharp({ create: { width: 600, height: 600, channels: 3, background: { r: grey, g: grey, b: grey } } }).png().toBuffer() };
};

const put = async (picture: Picture): Promise<number> => {
  const bytes = await picture.bytes;
  const answer = fetch(`${service!.url}/v1/users/me/avatar`, { method: 'PUT', headers: { authorization: `Bearer ${ada.token}` }, body: formOf(bytes) });
  return answer.then(({ status }) => status, () => 0);
};

/** The shade that is shown; throws when it is no whole picture. */
async function shown(): Promise<number> {
  const response = await fetch(`${service!.url}/v1/users/${ada.id}/avatar?size=512&format=png`);
  expect(response.status).toBe(200);
  const corners = await cornersOf(Buffer.from(await response.arrayBuffer()));
  for (const corner of corners) expect(distance(corner.slice(0, 3), corners[0]!.slice(0, 3))).toBeLessThan(2);
  return corners[0]![0]!;
}

/** From the first file of a variant to the first word to the database after it. */
const isMakingReadyAt = (deaths: readonly string[]): boolean => {
  const since = deaths.findIndex((death) => death.includes('/variants/'));
  return since >= 0 && !deaths.slice(since).some((death) => /: (?:before|after) [A-Z]/.test(death));
};

const isShade = (grey: number, picture: { grey: number }): boolean => Math.abs(grey - picture.grey) <= 2;

describe('a process that is killed in the middle of an upload', () => {
  it('leaves the old picture or the new one, whole, at every step of the way', async () => {
    const deaths: string[] = [];
    let possible = [{ grey: 0 }];
    // What is made ready before the row names it is steps over steps of one kind: every fifth. A short run takes every third of the others, beginning anywhere.
    const [first, stride] = isLong ? [1, 1] : [1 + randomInt(3), 3];
    for (let step = first; ; step += isMakingReadyAt(deaths) ? 5 : stride) {
      service = await SpawnedService.start({ ...settings, KILL_AT_STEP: String(step) }, { preload: KILLER });
      // What the last death has left, seen by the process that is to die next.
      const before = { grey: await shown() };
      if (step > first && !possible.some((picture) => isShade(before.grey, picture))) throw new Error(`${deaths.at(-1)}: ${before.grey} is shown, none of ${JSON.stringify(possible)}`);
      await sleep(50);
      service.signal('SIGUSR2');
      while (!service.words.includes('armed')) await sleep(10);
      const picture = next();
      possible = [before, picture];
      const status = await put(picture);
      if (status !== 0) {
        expect(status).toBe(200);
        await service.kill(); // armed still, it would die of a look
        service = await SpawnedService.start(settings);
        expect(isShade(await shown(), picture)).toBe(true);
        break;
      }
      await service.ended;
      deaths.push(/killed at step \d+: .*/.exec(service.words)?.[0] ?? `step ${step}: the answer was lost`);
    }
    const told = deaths.join('\n');
    expect(deaths.length).toBeGreaterThan(15 / stride);
    if (isLong) for (const point of ['before writeFile', 'before sync', 'before rename', 'before UPDATE "users"', 'before COMMIT', 'after COMMIT']) {
      expect(told).toContain(point);
    }
  }, 600_000);

  it('leaves the old picture or the new one, whole, at random moments with several uploads under way', async () => {
    for (let round = 0; round < (isLong ? 4 : 2); round += 1) {
      service = await SpawnedService.start(settings);
      const before = { grey: await shown() };
      const pictures = Array.from({ length: 4 }, next);
      const answers = pictures.map(put);
      await sleep(5 + Math.random() * 120);
      await service.kill();
      const statuses = await Promise.all(answers);
      service = await SpawnedService.start(settings);
      const now = await shown();
      const candidates = statuses.includes(200) ? pictures : [before, ...pictures];
      if (!candidates.some((picture) => isShade(now, picture))) throw new Error(`shown is ${now}; answers ${statuses.join()}`);
      await service.kill();
    }
  }, 300_000);

  it('leaves nothing that the sweep does not find', async () => {
    const folder = join(dataDir, 'avatars');
    const past = new Date(Date.now() - 25 * 3600 * 1000);
    for (const sub of ['sources', 'temporary']) for (const name of await readdir(join(folder, sub))) await utimes(join(folder, sub, name), past, past);
    const app = await startAvatarsApp({ DATABASE_URL: database.url, DATA_DIR: dataDir, AVATAR_SUPERSEDED_TTL_SECONDS: '0' });
    try {
      const report = await app.app.get(AvatarSweep).run({ dryRun: false });
      expect(report).toMatchObject({ missing: 0, failed: 0, foreign: 0 });
      expect(await readdir(join(folder, 'temporary'))).toEqual([]);
      const observer = new Client({ connectionString: database.url });
      await observer.connect();
      const { rows } = await observer.query<{ picture_key: string }>('SELECT picture_key FROM users WHERE picture_key IS NOT NULL');
      await observer.end();
      expect(await readdir(join(folder, 'sources'))).toEqual(rows.map((row) => row.picture_key));
    } finally {
      await app.app.close();
    }
  }, 120_000);
});
