import type { IncomingMessage, ServerResponse } from 'node:http';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyContextConfig, FastifyInstance } from 'fastify';
import { ClientAddresses } from '../../addresses/index.js';
import type { HttpConfig } from '../../config/index.js';
import type { ServiceAdapter } from '../server/service.adapter.js';
import { asksForLoopback, hasOneHost } from '../../sockets/index.js';
import { metaOf } from '../request/request-meta.js';
import { parseForm } from '../server/form-parser.js';
import { AheadOfParsers, isPlainBody } from './read-ahead.js';
import { ShortRoute, type Meters } from './short-route.js';
import { BearerCheck, type ShortAnswer, type ShortRequest } from './short-way.js';

type Handler = (raw: IncomingMessage, response: ServerResponse) => void;

/**
 * Stands before Fastify and answers the ordinary case of the routes that are marked `@TakesShortWay()`; hands everything else over untouched.
 * What it saves is in bench/README.md. Whoever watches requests by Fastify's hooks does not see those: do not open it then.
 */
export class ShortWays {
  private readonly routes: ShortRoute[] = [];
  private longWay: Handler = () => undefined;
  private bearers: BearerCheck | null = null;
  private readonly failures = new WeakMap<IncomingMessage, Error>();
  private readonly bodies = new AheadOfParsers();
  private readonly addresses: ClientAddresses;
  private readonly logger = new Logger('ShortWays');
  /** Asked for once: Nest hands its application out behind a Proxy, which costs a twentieth of a request at each call. */
  private readonly adapter: ServiceAdapter;

  constructor(
    private readonly app: NestFastifyApplication,
    private readonly config: HttpConfig,
    /** The meter of a route, by method and pattern, where requests are counted. */
    private readonly metersOf: (operation: string) => Meters,
  ) {
    this.adapter = app.getHttpAdapter() as unknown as ServiceAdapter;
    this.addresses = new ClientAddresses(config.trustedProxies);
  }

  /** Call it before routes are made. */
  open(): void {
    const server: FastifyInstance = this.adapter.getInstance();
    const marked: [method: string, pattern: string, config: FastifyContextConfig][] = [];
    server.addHook('onRoute', (route) => {
      const { method, url, config } = route;
      if (!config?.shortWay || !(method === 'GET' || method === 'POST')) return;
      marked.push([method, url, config]);
      if (method === 'POST') this.bodies.giveBackTo(route);
    });
    // What failed is answered by the one filter for all errors, and not tried again.
    server.addHook('preHandler', (request, _reply, done) => done(this.failures.get(request.raw)));
    server.addHook('onReady', () => {
      this.routes.push(...marked.map((each) => this.routeOf(...each)));
      this.bearers = this.app.get(BearerCheck, { strict: false });
      [this.longWay] = server.server.listeners('request') as [Handler];
      server.server.removeListener('request', this.longWay).on('request', (raw, response) => this.take(raw, response));
    });
  }

  private routeOf(method: string, pattern: string, config: FastifyContextConfig): ShortRoute {
    const way = this.app.get(config.shortWay!, { strict: false });
    return new ShortRoute({ method, pattern, config, way, meters: this.metersOf(`${method} ${pattern}`), vary: this.config.allowedOrigins.length > 0 ? ['Origin'] : [] });
  }

  private take(raw: IncomingMessage, response: ServerResponse): void {
    const { method } = raw;
    if (method === 'GET' ? hasNoBody(raw) : method === 'POST' && isPlainBody(raw)) {
      for (const route of this.routes) {
        const request = route.method === method && route.takes(raw) && this.isPlain(raw) ? route.match(raw) : null;
        if (request) return method === 'GET' ? this.ask(route, request, response) : this.askWithBody(route, request, response);
      }
    }
    this.longWay(raw, response);
  }

  /** What makes a request out of the ordinary: a part of the answer, a page of another origin, no host, two, or a wrong one (`requireHost`), a service that drains or closes. */
  private isPlain(raw: IncomingMessage): boolean {
    const { headers } = raw;
    const isAddressed = headers.host !== undefined && hasOneHost(raw) && (!this.config.isLoopbackOnly || asksForLoopback(raw));
    return isAddressed && headers.range === undefined && (headers.origin === undefined || this.config.allowedOrigins.length === 0) && this.isServing;
  }

  private get isServing(): boolean {
    return this.adapter.state === 'serving';
  }

  private askWithBody(route: ShortRoute, request: ShortRequest, response: ServerResponse): void {
    const { raw } = request;
    this.bodies.read(raw, (body) => {
      const given = route.bodyKind === 'form' ? formOf(body) : { json: body, meta: metaOf(raw, this.addresses) };
      if (given === null) this.handOver(raw, response, body);
      else this.ask(route, { ...request, ...given }, response, body);
    }, route.aborted);
  }

  private handOver(raw: IncomingMessage, response: ServerResponse, body?: Buffer): void {
    if (body) this.bodies.keep(raw, body);
    this.longWay(raw, response);
  }

  private ask(route: ShortRoute, request: ShortRequest, response: ServerResponse, body?: Buffer): void {
    const startedAtMs = performance.now();
    const { raw } = request;
    const handOver = (): void => this.handOver(raw, response, body);
    const fail = (reason: Error): void => {
      this.failures.set(raw, reason);
      handOver();
    };
    let answered: Promise<ShortAnswer | null> | ShortAnswer | null | undefined;
    try {
      answered = route.way.isForBearers ? this.bearers!.admit(request)?.then(() => route.way.answer(request)) : route.way.answer(request);
    } catch (error) {
      return fail(error as Error);
    }
    if (!answered) return handOver();
    Promise.resolve(answered).then((answer) => {
      if (answer === null) return handOver();
      try {
        // Draining began meanwhile: the connection ends with this.
        route.write(raw, response, answer, startedAtMs, !this.isServing);
      } catch (error) {
        // Of a header that HTTP does not allow, say: a fault of this request, which must not end the process. Node has noted the status already.
        this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
        response.destroy();
      }
    }, fail);
  }
}

/** Null: no good form, or too large a one, which is for the parser to say. */
const formOf = (body: Buffer): Pick<ShortRequest, 'form'> | null => {
  const form = parseForm(body);
  return form === null || form === 'tooComplex' ? null : { form };
};

const hasNoBody = ({ headers }: IncomingMessage): boolean => headers['content-length'] === undefined && headers['transfer-encoding'] === undefined;
