import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyContextConfig } from 'fastify';
import { CACHE_POLICIES } from '../caching/cache-policy.js';
import { requestIdOf } from '../request/request-id.js';
import { fixedHeaders } from '../server/security-headers.js';
import { PLAIN_TYPES } from './read-ahead.js';
import type { ShortAnswer, ShortContent, ShortRequest, ShortWay } from './short-way.js';

export interface Meters {
  /** Told how each request was answered, and in how many milliseconds. */
  readonly answered: (statusCode: number, milliseconds: number) => void;
  /** Told of each whose client went away in its body. */
  readonly aborted: () => void;
}

export interface ShortRouteOptions {
  /** What its routes answer: GET, or POST. */
  readonly method: string;
  /** Fastify's pattern: `/v1/users/:id/avatar`. */
  readonly pattern: string;
  readonly config: FastifyContextConfig;
  readonly way: ShortWay;
  readonly meters: Meters;
  /** Fields that every answer of the service varies by. */
  readonly vary: readonly string[];
}

/** What a POST comes with. */
export type BodyKind = keyof typeof PLAIN_TYPES;

/** One route that has a short way: which URLs are its, and the headers that all its answers have. */
export class ShortRoute {
  readonly way: ShortWay;
  readonly method: string;
  /** Null: none, of a GET. */
  readonly bodyKind: BodyKind | null;
  private readonly matcher: RegExp;
  private readonly headers: readonly string[];

  constructor(private readonly options: ShortRouteOptions) {
    const { config, method, pattern, way } = options;
    this.way = way;
    this.method = method;
    this.bodyKind = method === 'GET' ? null : config.formBody ? 'form' : 'json';
    this.matcher = matcherOf(pattern);
    this.headers = [...Object.entries(fixedHeaders(config)).flat(), 'cache-control', CACHE_POLICIES[config.cachePolicy ?? 'noStore']];
  }

  readonly aborted = (): void => this.options.meters.aborted();

  /** Whether a body comes as what the route takes, in its plainest spelling. */
  takes({ headers }: IncomingMessage): boolean {
    return this.bodyKind === null || PLAIN_TYPES[this.bodyKind].has(headers['content-type']!);
  }

  /** Null when the URL is another route's, or is written in any way but the plainest. */
  match(raw: IncomingMessage): ShortRequest | null {
    const found = this.matcher.exec(raw.url!);
    return found && { raw, params: found.slice(1, -1), query: found.at(-1) ?? '' };
  }

  /** All of it in one call: no header is set, looked up or changed on the way (figures: bench/README.md). */
  write(raw: IncomingMessage, response: ServerResponse, { etag, content, headers: more, vary }: ShortAnswer, startedAtMs: number, isLast: boolean): void {
    const headers = [...this.headers, 'x-request-id', requestIdOf(raw)];
    if (more) headers.push(...Object.entries(more).flat());
    if (isLast) headers.push('connection', 'close');
    if (etag !== undefined) headers.push('etag', etag);
    const fields = vary === undefined ? this.options.vary : [vary, ...this.options.vary];
    if (fields.length > 0) headers.push('vary', fields.join(', '));
    if (content === null) {
      response.writeHead(304, headers as never).end();
    } else {
      headers.push('content-type', content.type, 'content-length', String(content.byteLength));
      if (content.acceptsRanges) headers.push('accept-ranges', 'bytes');
      response.writeHead(200, headers as never);
      endWith(response, content);
    }
    this.options.meters.answered(content === null ? 304 : 200, performance.now() - startedAtMs);
  }
}

/** Beyond this, copying costs more than a second piece. */
const ONE_PIECE_BYTES = 32 * 1024;

/** Head and body leave in one piece where both are of single bytes: two pieces are measured, copied and handed over each by itself (figures: bench/README.md). */
const endWith = (response: ServerResponse, { bytes, byteLength }: ShortContent): void => {
  if (byteLength > ONE_PIECE_BYTES) response.end(bytes);
  else if (typeof bytes !== 'string') response.end(bytes.toString('latin1'), 'latin1');
  else response.end(bytes, bytes.length === byteLength ? 'latin1' : 'utf8');
};

/** A few parameters, or a signature. What is longer is for the ordinary handlers, which bound it. */
const MAX_PLAIN_QUERY_CHARACTERS = 512;

const matcherOf = (pattern: string): RegExp => {
  const source = pattern
    .split(/(:\w+)/)
    .map((part) => (part.startsWith(':') ? '([\\w.-]+)' : part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')))
    .join('');
  return new RegExp(`^${source}(?:\\?([\\w=&-]{0,${MAX_PLAIN_QUERY_CHARACTERS}}))?$`);
};
