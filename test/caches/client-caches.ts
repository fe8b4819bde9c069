import CachePolicy from 'http-cache-semantics';
import { Agent, cacheStores, fetch as plainFetch, interceptors, request } from 'undici';
import type { Reader, Seen } from './freshness-world.js';

/** How a cache reads RFC 9111: as one that many share, or as one person's. */
export type CacheType = 'shared' | 'private';

export interface ClientCache extends Reader {
  close(): Promise<void>;
}

type PlainHeaders = Record<string, string>;

/** Node's own HTTP client with its cache on. */
export const undiciCache = (url: string, type: CacheType): ClientCache => {
  const agent = new Agent();
  const dispatcher = agent.compose(interceptors.cache({ store: new cacheStores.MemoryCacheStore(), type }));
  return {
    name: `undici, ${type}`,
    read: async (path, headers = {}) => {
      const { statusCode, headers: answered, body } = await request(url + path, { dispatcher, headers });
      return { status: statusCode, etag: (answered['etag'] as string | undefined) ?? null, bytes: Buffer.from(await body.arrayBuffer()) };
    },
    close: () => agent.close(),
  };
};

interface Kept {
  readonly policy: CachePolicy;
  readonly seen: Seen;
}

/** `http-cache-semantics`, on which many clients and service workers are built, as its manual says to use it; one answer is kept per URL. */
export const policyCache = (url: string, type: CacheType): ClientCache => {
  const kept = new Map<string, Kept>();
  const fetched = async (path: string, headers: PlainHeaders): Promise<{ response: { status: number; headers: PlainHeaders }; bytes: Buffer }> => {
    // Not the one that holds answers against the document: what a cache makes of wrong headers is asked here.
    const answer = await plainFetch(url + path, { headers });
    return { response: { status: answer.status, headers: Object.fromEntries(answer.headers) }, bytes: Buffer.from(await answer.arrayBuffer()) };
  };
  const keep = (path: string, entry: Kept): Seen => {
    if (entry.policy.storable()) kept.set(path, entry);
    return entry.seen;
  };
  const seenIn = ({ status, headers }: { status: number; headers: PlainHeaders }, bytes: Buffer): Seen => ({ status, etag: headers['etag'] ?? null, bytes });
  const read = async (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Seen> => {
    const asked = { url: path, method: 'GET', headers: { host: new URL(url).host, ...headers } };
    const known = kept.get(path);
    if (!known) {
      const { response, bytes } = await fetched(path, { ...headers });
      return keep(path, { policy: new CachePolicy(asked, response, { shared: type === 'shared' }), seen: seenIn(response, bytes) });
    }
    if (known.policy.satisfiesWithoutRevalidation(asked)) return known.seen;
    const { response, bytes } = await fetched(path, known.policy.revalidationHeaders(asked) as PlainHeaders);
    const { policy, modified } = known.policy.revalidatedPolicy(asked, response);
    return keep(path, { policy, seen: modified ? seenIn(response, bytes) : known.seen });
  };
  return { name: `http-cache-semantics, ${type}`, read, close: () => Promise.resolve() };
};
