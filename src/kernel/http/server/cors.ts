import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const ALLOWED_METHODS = 'GET, HEAD, POST, PUT, PATCH, DELETE';
const ALLOWED_HEADERS = 'Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, X-Request-Id';
const EXPOSED_HEADERS = 'ETag, X-Request-Id, Location, Content-Location, Retry-After, RateLimit, RateLimit-Policy, WWW-Authenticate, Allow, Idempotency-Replayed';
const PREFLIGHT_SECONDS = '600';

/** Which pages may read answers: those of the listed origins (Fetch standard, CORS protocol). With an empty list, none. */
export class CorsPolicy {
  private readonly origins: ReadonlySet<string>;

  constructor(allowedOrigins: readonly string[]) {
    this.origins = new Set(allowedOrigins);
  }

  addTo(server: FastifyInstance): void {
    if (this.origins.size === 0) return;
    server.addHook('onRequest', (request, reply, done) => {
      if (this.isPreflight(request)) this.answerPreflight(request, reply);
      else done();
    });
    server.addHook('onSend', (request, reply, payload, done) => {
      this.write(request, reply);
      done(null, payload);
    });
  }

  /** `Vary: Origin` always: the answer to a page that is not listed must not be served to one that is. */
  write(request: FastifyRequest, reply: FastifyReply): void {
    if (this.origins.size === 0) return;
    addVary(reply, 'Origin');
    reply.headers(this.allowing(request.headers.origin));
  }

  /** The same fields for what is answered past Fastify. */
  bareHeaders({ headers: { origin } }: Pick<IncomingMessage, 'headers'>): Readonly<Record<string, string>> {
    return this.origins.size === 0 ? {} : { vary: 'Origin', ...this.allowing(origin) };
  }

  private allowing(origin: string | undefined): Readonly<Record<string, string>> {
    if (origin === undefined || !this.origins.has(origin)) return {};
    return {
      'access-control-allow-origin': origin,
      // For the refresh token as a cookie; everything else is by header.
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': EXPOSED_HEADERS,
    };
  }

  private isPreflight(request: FastifyRequest): boolean {
    const { origin } = request.headers;
    return request.method === 'OPTIONS' && origin !== undefined && request.headers['access-control-request-method'] !== undefined && this.origins.has(origin);
  }

  private answerPreflight(_request: FastifyRequest, reply: FastifyReply): void {
    addVary(reply, 'Access-Control-Request-Method, Access-Control-Request-Headers');
    reply.header('access-control-allow-methods', ALLOWED_METHODS);
    reply.header('access-control-allow-headers', ALLOWED_HEADERS);
    reply.header('access-control-max-age', PREFLIGHT_SECONDS);
    reply.code(204).send();
  }
}

export const addVary = (reply: FastifyReply, field: string): void => {
  const vary = reply.getHeader('vary');
  if (vary === undefined) reply.header('vary', field);
  else if (!String(vary).toLowerCase().split(/\s*,\s*/).includes(field.toLowerCase())) reply.header('vary', `${String(vary)}, ${field}`);
};
