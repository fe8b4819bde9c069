import sharp from 'sharp';
import { fetch as plainFetch } from 'undici';
import { registerUser, type RegisteredUser } from '../kit/api.js';
import { required } from '../kit/required.js';
import { startService, type TestService } from '../kit/service.js';
import { RewritingProxy } from './rewriting-proxy.js';

export interface Seen {
  readonly status: number;
  readonly etag: string | null;
  readonly bytes: Buffer;
}

/** Somebody who looks at pictures: through a shared cache, with a cache of one's own, or both. */
export interface Reader {
  readonly name: string;
  read(path: string, headers?: Readonly<Record<string, string>>): Promise<Seen>;
}

export interface Change {
  readonly name: string;
  readonly make: () => Promise<unknown>;
}

/** What pages ask for: the default, another size, and whatever the browser likes best. */
const LOOKS: readonly [query: string, headers: Readonly<Record<string, string>>][] = [
  ['', {}],
  ['?size=64&format=png', {}],
  ['', { accept: 'image/avif,image/webp,*/*;q=0.8' }],
];

/** A reader that keeps nothing, at `url`. What it reads, a cache or a proxy may have changed: it is not held against the document. */
export const readerAt = (name: string, url: string): Reader => ({
  name,
  read: async (path, headers = {}) => {
    const answer = await plainFetch(url + path, { headers, signal: AbortSignal.timeout(20_000) });
    return { status: answer.status, etag: answer.headers.get('etag'), bytes: Buffer.from(await answer.arrayBuffer()) };
  },
});

const isSame = (a: Seen, b: Seen): boolean => a.status === b.status && a.etag === b.etag && a.bytes.equals(b.bytes);

/** Two instances on shared stores behind the rewriting proxy, and one account whose picture changes. */
export class FreshnessWorld {
  private colour = 0;

  private constructor(
    readonly service: TestService,
    readonly proxy: RewritingProxy,
    readonly user: RegisteredUser,
  ) {}

  static async start(): Promise<FreshnessWorld> {
    required('TEST_REDIS_URL');
    const proxy = await RewritingProxy.start();
    const service = await startService('PostgreSQL and Redis', { RATE_LIMITS: 'off', PUBLIC_URL: proxy.url }, 2);
    proxy.targets = service.instances.map(({ url }) => url);
    return new FreshnessWorld(service, proxy, await registerUser(service.api, { displayName: 'Ada Lovelace' }));
  }

  get stablePath(): string {
    return `/v1/users/${this.user.id}/avatar`;
  }

  async stop(): Promise<void> {
    await this.proxy.stop();
    await this.service.stop();
  }

  /** A picture that no other resembles. */
  async picture(): Promise<Buffer> {
    this.colour += 1;
    const background = { r: (this.colour * 67) % 256, g: (this.colour * 151) % 256, b: (this.colour * 29) % 256 };
    return sharp({ create: { width: 80, height: 80, channels: 3, background } }).png().toBuffer();
  }

  /** The writers never go through the caches in front: another server of the operator's, or an app, writes. */
  async upload(): Promise<{ readonly version: string; readonly immutableUrl: string }> {
    const [body, { token }] = [await this.picture(), this.user];
    const answer = await this.service.instances[this.colour % 2]!.put('/v1/users/me/avatar', body, { token, headers: { 'content-type': 'image/png' } });
    if (answer.status !== 200) throw new Error(`the upload was answered ${answer.status}`);
    return answer.body;
  }

  /** Every way a picture changes. */
  get changes(): readonly Change[] {
    const { api } = this.service;
    const { token } = this.user;
    const rename = (displayName: string) => () => api.patch('/v1/users/me', { displayName }, { token });
    return [
      { name: 'the first upload', make: () => this.upload() },
      { name: 'the second upload', make: () => this.upload() },
      { name: 'the deletion', make: () => api.delete('/v1/users/me/avatar', { token }) },
      { name: 'the renaming', make: rename(`Grace Hopper ${this.colour}`) },
      { name: 'the second renaming', make: rename('Zoë Quark') },
      { name: 'the third upload', make: () => this.upload() },
    ];
  }

  /** After each acknowledged change every reader looks in every way; the answer is what was not the current picture. None, when the promise holds. */
  async sightingsOfTheOld(readers: readonly Reader[]): Promise<readonly string[]> {
    const sightings: string[] = [];
    const origin = readerAt('the service', this.service.api.url);
    for (const { name: change, make } of [{ name: 'nothing', make: () => Promise.resolve() }, ...this.changes]) {
      await make();
      for (const [query, headers] of LOOKS) {
        const current = await origin.read(this.stablePath + query, headers);
        for (const reader of readers) {
          const seen = await reader.read(this.stablePath + query, headers);
          if (!isSame(seen, current)) sightings.push(`${reader.name} after ${change}, ${query || headers['accept'] || 'as it is'}: ${seen.status} ${seen.etag} instead of ${current.etag}`);
        }
      }
    }
    return sightings;
  }

  /** Readers that never rest while uploads follow each other: what a read saw that was older than the last upload acknowledged before it began, or than its reader had seen. */
  async regressionsUnderWrites(readers: readonly Reader[], uploads: number): Promise<{ readonly reads: number; readonly regressions: readonly string[] }> {
    const order = [(await this.upload()).version];
    let isWriting = true;
    let reads = 0;
    const regressions: string[] = [];
    const look = async (reader: Reader): Promise<void> => {
      for (let newest = order[0]!; isWriting; reads += 1) {
        const acknowledged = order.length - 1;
        const { etag } = await reader.read(this.stablePath);
        const at = order.findIndex((version) => etag?.startsWith(`"${version}-`));
        // What is not in the list yet is the upload under way: newer than all.
        if (at !== -1 && at < Math.max(acknowledged, order.indexOf(newest))) regressions.push(`${reader.name} saw upload ${at} after ${acknowledged} had been acknowledged`);
        if (at !== -1) newest = order[at]!;
      }
    };
    const looking = readers.map(look);
    for (let count = 0; count < uploads; count += 1) order.push((await this.upload()).version);
    isWriting = false;
    await Promise.all(looking);
    return { reads, regressions };
  }
}
