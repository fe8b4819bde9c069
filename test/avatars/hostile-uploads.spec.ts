import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDatabase } from '../kit/postgres.js';
import { isLong, PROOF_TIMEOUT_MS, tell } from '../proofs/scale.js';
import { hostileCorpus, PAYLOAD, type HostileCase } from './hostile/corpus.mjs';
import { keysNamed } from './keys-named.js';
import { registeredAt, SpawnedService } from '../kit/spawned-service.js';
import { quarters } from './test-pictures.js';

/** As docs/pictures.md states them, for the limits as they are set by default. */
const PEAK_MIB = isLong ? 1_536 : 768;
const TIME_LIMIT_MS = 30_000;
const LANES = 4;
const FORMATS = ['webp', 'avif', 'png', 'jpeg'];

let database: Awaited<ReturnType<typeof withDatabase>>;
let dataDir: string;
let service: SpawnedService;
let good: Buffer;

beforeAll(async () => {
  database = await withDatabase();
  dataDir = mkdtempSync(join(tmpdir(), 'likeness-hostile-'));
  service = await SpawnedService.start({ DATABASE_URL: database.url, DATA_DIR: dataDir, ACCESS_TOKEN_TTL_SECONDS: '86400' });
  good = await quarters(300, 200).png().toBuffer();
});
afterAll(async () => {
  await service?.stop();
  await database?.drop();
  await rm(dataDir, { recursive: true, force: true });
});

interface Tally {
  readonly counts: Record<string, Record<number, number>>;
  readonly faults: string[];
  slowest: { readonly name: string; readonly ms: number };
}

/** One user, who sends one file after the other and looks after each. */
class Lane {
  private etag = '';

  private constructor(
    private readonly user: { readonly id: string; readonly token: string },
    private readonly tally: Tally,
  ) {}

  static async open(name: string, tally: Tally): Promise<Lane> {
    const lane = new Lane(await registeredAt(service.url, name), tally);
    await lane.putGood();
    return lane;
  }

  async send(file: HostileCase, at: number): Promise<void> {
    const startedAt = performance.now();
    const status = await this.put(file, at % 2 === 0 || file.fileName !== undefined);
    const ms = performance.now() - startedAt;
    if (ms > this.tally.slowest.ms) this.tally.slowest = { name: `${file.kind}: ${file.name}`, ms };
    const counts = (this.tally.counts[file.kind] ??= {});
    counts[status] = (counts[status] ?? 0) + 1;
    // A decoder that a busy machine keeps from its end means 503; the picture is refused all the same.
    if (!file.expected.includes(status) && !(file.kind === 'bomb' && status === 503)) this.tally.faults.push(`${file.kind}: ${file.name}: ${status}, not ${file.expected.join(' or ')}`);
    if (status === 200) await this.lookAtNew(file);
    else if (!(await this.showsOld())) this.tally.faults.push(`${file.kind}: ${file.name}: refused, and the old picture is gone`);
    if (at % 50 === 0) await this.putGood();
  }

  async putGood(): Promise<void> {
    expect(await this.put({ kind: '', name: '', bytes: good, expected: [200], type: 'image/png' }, false)).toBe(200);
    await this.lookAtNew({ kind: 'good', name: 'picture' } as HostileCase);
  }

  private async put({ bytes, type = 'image/png', fileName = 'me.png' }: HostileCase, asForm: boolean): Promise<number> {
    const head = `--edge\r\nContent-Disposition: form-data; name="file"; filename="${fileName}"\r\nContent-Type: ${type}\r\n\r\n`;
    const body = asForm ? Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--edge--\r\n')]) : bytes;
    const response = await fetch(`${service.url}/v1/users/me/avatar`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${this.user.token}`, 'content-type': asForm ? 'multipart/form-data; boundary=edge' : type },
      body: new Uint8Array(body),
      signal: AbortSignal.timeout(TIME_LIMIT_MS),
    });
    await response.arrayBuffer();
    return response.status;
  }

  private look(query: string, etag?: string): Promise<Response> {
    return fetch(`${service.url}/v1/users/${this.user.id}/avatar${query}`, { headers: etag ? { 'if-none-match': etag } : {} });
  }

  private async showsOld(): Promise<boolean> {
    return (await this.look('?size=64', this.etag)).status === 304;
  }

  /** What was taken is shown, as a picture and nothing else. */
  private async lookAtNew({ kind, name }: HostileCase): Promise<void> {
    for (const format of kind === 'polyglot' || kind === 'name' ? FORMATS : ['webp']) {
      const response = await this.look(`?size=64&format=${format}`);
      const bytes = Buffer.from(await response.arrayBuffer());
      const headers = ['content-type', 'x-content-type-options', 'content-security-policy'].map((header) => response.headers.get(header));
      expect([name, response.status, ...headers]).toEqual([name, 200, `image/${format}`, 'nosniff', expect.stringContaining("default-src 'none'")]);
      expect(bytes.includes(PAYLOAD)).toBe(false);
    }
    const response = await this.look('?size=64');
    await response.arrayBuffer();
    this.etag = response.headers.get('etag')!;
  }
}

describe('hostile uploads', () => {
  it('are taken or refused, each in its time and within bounded memory; the old picture stands, the next good one is served, and no orphan is left', async () => {
    const tally: Tally = { counts: {}, faults: [], slowest: { name: '', ms: 0 } };
    const lanes = await Promise.all(Array.from({ length: LANES }, (_, at) => Lane.open(`lane${at}`, tally)));
    const warm = service.memory.peak;
    const files = hostileCorpus({ whole: isLong })[Symbol.asyncIterator]();
    let sent = 0;
    await Promise.all(lanes.map(async (lane) => {
      for (let next = await files.next(); !next.done; next = await files.next()) await lane.send(next.value, (sent += 1));
    }));
    await Promise.all(lanes.map((lane) => lane.putGood()));
    const { peak } = service.memory;
    tell(JSON.stringify({ sent, ...tally.counts, slowest: tally.slowest, peakMiB: { warm, peak } }));
    expect(tally.faults).toEqual([]);
    expect(peak).toBeLessThan(PEAK_MIB);
    expect((await readdir(join(dataDir, 'avatars', 'sources'))).sort()).toEqual(await keysNamed(database.url));
    expect(await readdir(join(dataDir, 'avatars', 'temporary'))).toEqual([]);
  }, PROOF_TIMEOUT_MS);
});
