import { spawnSync } from 'node:child_process';
import { afterAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { DecoderPool } from './decoder-pool.js';
import type { DecodePlan, PictureFacts } from './decoder-messages.js';
import type { DecoderEnd, DecoderEndedError } from './decoder-process.js';

const MEBIBYTE = 1_048_576;
const MAX_PIXELS = 50_000_000;
const plan: DecodePlan = { crop: null, side: 64, isMoving: false, covered: null };

const ends: DecoderEnd[] = [];
const pool = new DecoderPool({ timeoutMs: 60_000, memoryBytes: 512 * MEBIBYTE }, ({ end }) => ends.push(end));
const hasty = new DecoderPool({ timeoutMs: 200, memoryBytes: 512 * MEBIBYTE });
afterAll(() => Promise.all([pool.close(), hasty.close()]));

/** Interlaced, so that all of it is held: 96 MB. */
const large = (): Promise<Buffer> => sharp({ create: { width: 4_000, height: 3_000, channels: 4, background: '#1234' } }).toColourspace('rgb16').png({ progressive: true }).toBuffer();
const small = (): Promise<Buffer> => sharp({ create: { width: 80, height: 60, channels: 3, background: '#123' } }).png().toBuffer();

const decoded = async (from: DecoderPool, upload: Buffer, needsBytes = 512 * MEBIBYTE) =>
  from.use(async (session) => {
    const facts = (await session.inspect(upload, MAX_PIXELS)) as PictureFacts;
    return { facts, ...(await session.decode(plan, needsBytes)) };
  });

/** In a process of its own, which has opened as many files as it may; without `uncaughtException`, so that an unheard error ends it. */
const WITHOUT_FILES = `
  import { closeSync, openSync } from 'node:fs';
  import { DecoderPool } from ${JSON.stringify(new URL('../../../../dist/modules/avatars/decoding/decoder-pool.js', import.meta.url).href)};
  const pool = new DecoderPool({ timeoutMs: 60_000, memoryBytes: 1 });
  const use = () => pool.use((session) => session.inspect(Buffer.from('no picture'), 1));
  const files = [];
  try { for (;;) files.push(openSync('/dev/null')); } catch {}
  const refused = use();
  const closed = pool.close();
  const told = await refused.catch((error) => error);
  await closed;
  for (const file of files) closeSync(file);
  process.stdout.write(\`\${told.name} \${told.end}\`);
`;

describe('DecoderPool', () => {
  it('says what a picture is, and decodes it', async () => {
    const { facts, answer, body } = await decoded(pool, await small());
    expect(facts).toMatchObject({ format: 'png', width: 80, height: 60, upright: { width: 80, height: 60 }, channels: 3, bytesPerChannel: 1, isProgressive: false });
    expect(answer).toMatchObject({ raw: { width: 64, height: 64, channels: 3 } });
    expect(body.length).toBe(64 * 64 * 3);
  });

  it('keeps a process for the next picture', async () => {
    await decoded(pool, await small());
    const before = pool.pids;
    await decoded(pool, await small());
    expect([before.length, pool.pids]).toEqual([1, before]);
  });

  it('ends a process that takes more memory than its picture may, and goes on with another', async () => {
    ends.length = 0;
    const { answer } = await decoded(pool, await large(), 4 * MEBIBYTE);
    expect(answer).toMatchObject({ refused: 'memory' });
    expect((await decoded(pool, await small())).answer).toMatchObject({ raw: { width: 64 } });
    expect(ends).toEqual(['memory']);
  });

  it('ends a process that takes more processor time than a picture may', async () => {
    const upload = await large();
    // A busy machine passes the limit by the clock first.
    const refused = await decoded(hasty, upload).then(({ answer }) => 'refused' in answer && answer.refused, (error: unknown) => (error as DecoderEndedError).end);
    expect(['time', 'clock']).toContain(refused);
    await hasty.close();
    expect(hasty.pids).toEqual([]);
  });

  it('outlives a process that cannot be started for want of files', () => {
    const { stdout, stderr, status, signal } = spawnSync('sh', ['-c', 'ulimit -n 60; exec "$0" "$@"', process.execPath, '--input-type=module', '-e', WITHOUT_FILES], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
    expect([stdout, stderr, status, signal]).toEqual(['DecoderEndedError outside', '', 0, null]);
  });

  it('ends every process when it is closed, and tells who waits', async () => {
    const closing = new DecoderPool({ timeoutMs: 60_000, memoryBytes: MEBIBYTE });
    const waiting = decoded(closing, await large());
    const told = expect(waiting).rejects.toMatchObject({ end: 'outside' });
    const pids = closing.pids;
    await closing.close();
    await told;
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow('ESRCH');
    await expect(decoded(closing, await small())).rejects.toMatchObject({ end: 'outside' });
  });
});
