import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { readdir, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import sharp from 'sharp';
import { AvatarSweep } from '../../src/modules/avatars/index.js';
import { withDatabase } from '../kit/postgres.js';
import { registeredAt, SpawnedService } from '../kit/spawned-service.js';
import { startAvatarsApp } from './avatars-app.js';
import { formOf } from './avatars-client.js';
import { cornersOf, distance } from './test-pictures.js';

/** Of one shade, that no earlier one had. */
export interface Picture {
  readonly grey: number;
  readonly bytes: Promise<Buffer>;
}

export const isShade = (grey: number, picture: { readonly grey: number }): boolean => Math.abs(grey - picture.grey) <= 2;

/** A service that is killed and started again, with one account that uploads. */
export class CrashRig {
  private database: Awaited<ReturnType<typeof withDatabase>>;
  private readonly dataDir = mkdtempSync(join(tmpdir(), 'likeness-crash-'));
  private ada: { readonly id: string; readonly token: string };
  private shade = 0;
  service: SpawnedService | undefined;

  /** Registers what a file of tests needs around them. */
  constructor() {
    beforeAll(() => this.prepare(), 120_000);
    afterEach(() => this.service?.kill());
    afterAll(async () => {
      await this.database.drop();
      await rm(this.dataDir, { recursive: true, force: true });
    });
  }

  /** Starts it; with `killAtStep`, to be killed there once it is armed. */
  async start(preload?: string, killAtStep?: number): Promise<SpawnedService> {
    const settings = { DATABASE_URL: this.database.url, DATA_DIR: this.dataDir, ACCESS_TOKEN_TTL_SECONDS: '3600', ...(killAtStep !== undefined && { KILL_AT_STEP: String(killAtStep) }) };
    return (this.service = await SpawnedService.start(settings, { preload }));
  }

  /** Heavy enough that its bytes take more than one write. */
  next(): Picture {
    const grey = (this.shade = (this.shade % 250) + 5);
    return { grey, bytes: sharp({ create: { width: 600, height: 600, channels: 3, background: { r: grey, g: grey, b: grey } } }).png().toBuffer() };
  }

  /** The status; 0 when there was no answer. */
  async put(picture: Picture): Promise<number> {
    const bytes = await picture.bytes;
    const answer = fetch(`${this.service!.url}/v1/users/me/avatar`, { method: 'PUT', headers: { authorization: `Bearer ${this.ada.token}` }, body: formOf(bytes) });
    return answer.then(({ status }) => status, () => 0);
  }

  /** The shade that is shown; throws when it is no whole picture. */
  async shown(): Promise<number> {
    const response = await fetch(`${this.service!.url}/v1/users/${this.ada.id}/avatar?size=512&format=png`);
    expect(response.status).toBe(200);
    const corners = await cornersOf(Buffer.from(await response.arrayBuffer()));
    for (const corner of corners) expect(distance(corner.slice(0, 3), corners[0]!.slice(0, 3))).toBeLessThan(2);
    return corners[0]![0]!;
  }

  itLeavesNothingThatTheSweepDoesNotFind(): void {
    it('leaves nothing that the sweep does not find', () => this.sweep(), 120_000);
  }

  private async prepare(): Promise<void> {
    this.database = await withDatabase();
    const service = await this.start();
    this.ada = await registeredAt(service.url, 'ada');
    expect(await this.put(this.next())).toBe(200);
    await service.stop();
  }

  private async sweep(): Promise<void> {
    const folder = join(this.dataDir, 'avatars');
    const past = new Date(Date.now() - 25 * 3600 * 1000);
    for (const sub of ['sources', 'temporary']) for (const name of await readdir(join(folder, sub))) await utimes(join(folder, sub, name), past, past);
    const app = await startAvatarsApp({ DATABASE_URL: this.database.url, DATA_DIR: this.dataDir, AVATAR_SUPERSEDED_TTL_SECONDS: '0' });
    try {
      const report = await app.app.get(AvatarSweep).run({ dryRun: false });
      expect(report).toMatchObject({ missing: 0, failed: 0, foreign: 0 });
      expect(await readdir(join(folder, 'temporary'))).toEqual([]);
      const observer = new Client({ connectionString: this.database.url });
      await observer.connect();
      const { rows } = await observer.query<{ picture_key: string }>('SELECT picture_key FROM users WHERE picture_key IS NOT NULL');
      await observer.end();
      expect(await readdir(join(folder, 'sources'))).toEqual(rows.map((row) => row.picture_key));
    } finally {
      await app.app.close();
    }
  }
}
