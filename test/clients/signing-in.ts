import { randomUUID } from 'node:crypto';
import { createLikenessClient, type LikenessClient, type LikenessClientOptions, type Send } from '../../clients/typescript/src/index.js';

export const PASSWORD = 'correct horse battery';

/** A way to the service that counts what goes by, and can be told to lose or replace answers. */
export class Wire {
  readonly requests: { readonly method: string; readonly path: string; readonly headers: Headers }[] = [];
  /** Asked before each request is sent: an answer of one's own, or nothing. */
  before: (request: Request) => Response | undefined = () => undefined;
  /** Asked after each answer: whether it is lost on its way. */
  loses: (request: Request) => boolean = () => false;

  readonly send: Send = async (request) => {
    this.requests.push({ method: request.method, path: new URL(request.url).pathname, headers: request.headers });
    const own = this.before(request);
    if (own) return own;
    const response = await fetch(request);
    if (!this.loses(request)) return response;
    await response.arrayBuffer();
    throw new TypeError('fetch failed');
  };

  count(path: string): number {
    return this.requests.filter((request) => request.path === path).length;
  }
}

export interface Known {
  readonly likeness: LikenessClient;
  readonly wire: Wire;
  readonly reasons: string[];
}

export const clientOf = (baseUrl: string, options: Partial<LikenessClientOptions> = {}): Known => {
  const wire = new Wire();
  const reasons: string[] = [];
  const likeness = createLikenessClient({ baseUrl, transport: 'body', fetch: wire.send, onSignedOut: (reason) => reasons.push(reason), ...options });
  return { likeness, wire, reasons };
};

export const registration = (): { email: string; username: string; password: string } => {
  const tag = randomUUID().slice(0, 13);
  return { email: `${tag}@example.test`, username: `u${tag}`, password: PASSWORD };
};

/** A new account, signed in. */
export const registered = async (baseUrl: string, options: Partial<LikenessClientOptions> = {}): Promise<Known & { readonly userId: string; readonly email: string }> => {
  const known = clientOf(baseUrl, options);
  const input = registration();
  const { data, error } = await known.likeness.register(input);
  if (!data) throw new Error(`register: ${JSON.stringify(error)}`);
  return { ...known, userId: data.user.id, email: input.email };
};

/** As a browser on a page of this origin: it says where it comes from, and keeps the cookie of this service for itself. */
export const browserLike = (origin: string, jar: { cookie: string } = { cookie: '' }): ((next: Send) => Send) => (next) => async (request) => {
  const headers = new Headers(request.headers);
  headers.set('origin', origin);
  if (request.credentials === 'include' && jar.cookie) headers.set('cookie', jar.cookie);
  const response = await next(new Request(request, { headers }));
  for (const line of response.headers.getSetCookie()) {
    const [pair = ''] = line.split(';');
    jar.cookie = /Max-Age=0\b/.test(line) ? '' : pair;
  }
  return response;
};
