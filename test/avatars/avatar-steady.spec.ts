import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDatabase } from '../kit/postgres.js';
import { isLong } from '../proofs/scale.js';
import { formOf } from './avatars-client.js';
import { registeredAt, SpawnedService } from '../kit/spawned-service.js';
import { flat, noise } from './test-pictures.js';

const UPLOADS = isLong ? 1_000 : 50;
const GETS = isLong ? 10_000 : 500;
/** Until its caches are full and V8 has compiled what is called often. */
const WARM = isLong ? { uploads: 200, gets: 1_000 } : { uploads: 40, gets: 200 };
const ROUNDS = 5;
/** What V8 and the allocator may keep for themselves beyond what a warm process holds. */
const SLACK_MIB = 96;

let database: Awaited<ReturnType<typeof withDatabase>>;
let dataDir: string;
let service: SpawnedService;
let ada: { readonly id: string; readonly token: string };

beforeAll(async () => {
  database = await withDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'likeness-steady-'));
  service = await SpawnedService.start({ DATABASE_URL: database.url, DATA_DIR: dataDir, ACCESS_TOKEN_TTL_SECONDS: '3600' });
  ada = await registeredAt(service.url, 'ada');
});
afterAll(async () => {
  await service?.stop();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

/** Runs `count` of them, eight at a time. */
async function many(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (next < count) await work(next++);
  }));
}

async function upload(index: number): Promise<void> {
  const bytes = await (index % 50 === 0 ? noise(700, 700) : flat(48 + (index % 7), 48, { r: index % 256, g: (index >> 8) % 256, b: 9 })).png().toBuffer();
  const response = await fetch(`${service.url}/v1/users/me/avatar`, { method: 'PUT', headers: { authorization: `Bearer ${ada.token}` }, body: formOf(bytes) });
  expect(response.status).toBe(200);
  await response.arrayBuffer();
}

const QUERIES = ['', '?size=32', '?size=512&format=png', '?size=64&format=jpeg', '?size=0', '?format=webp&size=128'];
const HEADERS: Record<string, string>[] = [{}, { range: 'bytes=0-9' }, { 'if-none-match': '*' }];

async function look(index: number): Promise<void> {
  const response = await fetch(`${service.url}/v1/users/${ada.id}/avatar${QUERIES[index % QUERIES.length]}`, { headers: HEADERS[index % HEADERS.length]! });
  expect([200, 206, 304, 400]).toContain(response.status);
  await response.arrayBuffer();
}

describe('a process that serves pictures for long', () => {
  it(`has as many files open, and holds as much memory, after ${GETS} looks and ${UPLOADS} uploads as before`, async () => {
    await many(WARM.uploads, upload);
    await many(WARM.gets, look);
    const files = service.openFiles;
    const held: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      await many(UPLOADS / ROUNDS, upload);
      held.push(service.memory.now);
      await many(GETS / ROUNDS, look);
      held.push(service.memory.now);
    }
    console.log(JSON.stringify({ files: [files, service.openFiles], held, peak: service.memory.peak }));
    expect(service.openFiles).toBeLessThanOrEqual(files + 10); // connections of clients and of the pool come and go
    // It goes up and down with the collector: what is lost for good shows in the lowest of the last readings.
    expect(Math.min(...held.slice(-3))).toBeLessThan(Math.min(...held.slice(0, 3)) + SLACK_MIB);
  }, 300_000);
});
