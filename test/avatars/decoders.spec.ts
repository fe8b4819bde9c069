import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { registeredAt, SpawnedService } from '../kit/spawned-service.js';
import { withDatabase } from '../kit/postgres.js';
import { tell } from '../proofs/scale.js';
import { blankPng, jpegOfScans } from './hostile/picture-makers.mjs';
import { flat, quarters } from './test-pictures.js';

const MEBIBYTE = 1_048_576;

/** No time limit: a busy machine must not decide here. */
const UNHURRIED = { AVATAR_DECODE_TIMEOUT_SECONDS: '600' };
const SMALL_LIMITS = { AVATAR_DECODE_MEMORY_BYTES: String(128 * MEBIBYTE) };

type Account = Awaited<ReturnType<typeof registeredAt>>;

let database: Awaited<ReturnType<typeof withDatabase>>;
let dataDir: string;
let service: SpawnedService;
let mallory: Account;
let ada: Account;
let good: Buffer;
/** Takes its decoder a second and 240 MiB: 16 bits, alpha, interlaced, 25 megapixels. */
let slow: Buffer;

const start = (settings: Record<string, string> = {}): Promise<SpawnedService> =>
  SpawnedService.start({ DATABASE_URL: database.url, DATA_DIR: dataDir, ACCESS_TOKEN_TTL_SECONDS: '3600', ...UNHURRIED, ...settings });

beforeAll(async () => {
  database = await withDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'likeness-decoders-'));
  [service, good, slow] = await Promise.all([start(), quarters(300, 200).png().toBuffer(), blankPng(5_000, 5_000, { bits: 16, colour: 6, interlace: 1 })]);
  [mallory, ada] = await Promise.all([registeredAt(service.url, 'mallory'), registeredAt(service.url, 'ada')]);
}, 120_000);
afterAll(async () => {
  await service?.stop();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

async function put(by: Account, bytes: Buffer, at: SpawnedService = service): Promise<{ readonly status: number; readonly code: string; readonly detail: string }> {
  const response = await fetch(`${at.url}/v1/users/me/avatar`, { method: 'PUT', headers: { authorization: `Bearer ${by.token}` }, body: new Uint8Array(bytes) });
  const body = (await response.json()) as { readonly code?: string; readonly detail?: string };
  return { status: response.status, code: body.code ?? '', detail: body.detail ?? '' };
}

/** The processes that were started by this one, and are no zombies. */
function decodersOf(pid: number): number[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number).filter((each) => statOf(each)?.parent === pid);
}

function statOf(pid: number): { readonly parent: number; readonly cpuTicks: number } | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
    return fields[0] === 'Z' ? null : { parent: Number(fields[1]), cpuTicks: Number(fields[11]) + Number(fields[12]) };
  } catch {
    return null; // gone
  }
}

const residentMib = (pid: number): number => {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024);
  } catch {
    return 0;
  }
};

async function until<T>(what: () => T | undefined | false): Promise<T> {
  for (;;) {
    const found = what();
    if (found) return found;
    await sleep(5);
  }
}

/** A decoder that has taken more memory than any has at rest: it is in the middle of the slow picture. */
const busyDecoder = (at: SpawnedService = service): Promise<number> => until(() => decodersOf(at.pid).find((pid) => residentMib(pid) > 150));

describe('decoders', () => {
  it.each([[2_000], [118_000]])('are not asked to decode a JPEG of %i scans', async (scans) => {
    const bytes = await jpegOfScans(2_000, scans);
    expect(await put(mallory, bytes)).toEqual({ status: 422, code: 'avatar.not_an_image', detail: expect.stringMatching(/at most 100 scans/) });
  });

  it('that are killed in the middle of a picture are replaced: 503 for that picture, and the next one is taken', async () => {
    const answer = put(mallory, slow);
    process.kill(await busyDecoder(), 'SIGKILL');
    expect(await answer).toMatchObject({ status: 503, code: 'avatar.busy' });
    expect((await put(mallory, good)).status).toBe(200);
  });

  it('that break over a picture end with it alone: 422', async () => {
    const answer = put(mallory, slow);
    process.kill(await busyDecoder(), 'SIGSEGV');
    expect(await answer).toMatchObject({ status: 422, code: 'avatar.not_an_image' });
    expect((await put(mallory, good)).status).toBe(200);
  });

  it('leave room for others: while two work on slow pictures, a third user puts a picture and looks at it', async () => {
    const other = await registeredAt(service.url, 'eve');
    const slowOnes = [put(mallory, slow), put(other, slow)];
    await busyDecoder();
    expect((await put(ada, good)).status).toBe(200);
    expect((await fetch(`${service.url}/v1/users/${ada.id}/avatar?size=512&format=jpeg`)).status).toBe(200);
    expect((await Promise.all(slowOnes)).map(({ status }) => status)).toEqual([200, 200]);
  });

  it('give their memory and descriptors back', async () => {
    await put(ada, good);
    const before = { files: service.openFiles, decoders: decodersOf(service.pid).length };
    expect((await put(mallory, slow)).status).toBe(200);
    await put(ada, good);
    await until(() => decodersOf(service.pid).every((pid) => residentMib(pid) < 150));
    expect(service.openFiles).toBeLessThanOrEqual(before.files + 6); // a decoder has three
    tell(JSON.stringify({ residentMiB: service.memory, decoders: decodersOf(service.pid).map(residentMib) }));
  });
});

describe('decoders under small limits', () => {
  let small: SpawnedService;
  beforeAll(async () => {
    small = await start(SMALL_LIMITS);
  });
  afterAll(() => small?.stop());

  it('work on one of two small files that take much memory after the other', async () => {
    const avif = await flat(2_600, 2_600, { r: 9, g: 9, b: 9, alpha: 0.5 }).avif({ effort: 0 }).toBuffer();
    const putTwo = Promise.all([put(mallory, avif, small), put(ada, Buffer.concat([avif, Buffer.alloc(1)]), small)]);
    let peak = 0;
    const watch = setInterval(() => (peak = Math.max(peak, decodersOf(small.pid).reduce((sum, pid) => sum + residentMib(pid), 0))), 5);
    expect((await putTwo).map(({ status }) => status)).toEqual([200, 200]);
    clearInterval(watch);
    tell(JSON.stringify({ avifBytes: avif.length, peakOfDecodersMiB: peak }));
    expect(peak).toBeLessThan(330);
  });

  it('are not asked to decode what needs more memory than one picture may have', async () => {
    expect(await put(mallory, slow, small)).toEqual({ status: 422, code: 'avatar.too_many_pixels', detail: expect.stringMatching(/at most 256 MiB/) });
    expect((await put(mallory, good, small)).status).toBe(200);
  });
});

describe('a service that ends', () => {
  it.each(['SIGTERM', 'SIGKILL'] as const)('by %s in the middle of a picture leaves no decoder', async (signal) => {
    const ending = await start();
    const answer = put(mallory, slow, ending).catch(() => null);
    const decoder = await busyDecoder(ending);
    ending.signal(signal);
    await ending.ended;
    await until(() => statOf(decoder) === null);
    await answer;
  });
});
