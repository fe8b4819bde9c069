import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import type { HttpConfig, WaitConfig } from '../../config/index.js';
import { addressToListenAt, cannotListen } from '../../sockets/index.js';
import { appErrorOf } from '../problems/app-error-of.js';
import { errorResponseOf } from '../problems/error-response.js';
import { requestIdOf } from '../request/request-id.js';
import { BODY_LIMIT_BYTES } from '../request/body-bounds.js';
import { answerClientError, refuseConnection, refuseSlowRequest } from './client-errors.js';
import { closeConnectionsAsTheyFallIdle, type ServingState } from './closing.js';
import { Connections, lookMs } from './connections.js';
import { CorsPolicy } from './cors.js';
import { writeFixedHeaders } from './security-headers.js';

/** Longest path parameter: a picture's digest and a hash of an e-mail address fit well. */
const MAX_PARAM_LENGTH = 160;

/** Nest's Fastify adapter, with the parts that only Fastify's own options reach: errors from before routing, and closing. */
export class ServiceAdapter extends FastifyAdapter {
  readonly connections: Connections;
  private serving: ServingState = 'serving';

  constructor(config: HttpConfig) {
    const cors = new CorsPolicy(config.allowedOrigins);
    super({
      bodyLimit: BODY_LIMIT_BYTES,
      routerOptions: { maxParamLength: MAX_PARAM_LENGTH },
      // Fastify makes no second server where there is a factory. It would for the other address of localhost, without our limits and listeners.
      serverFactory: (handler: RequestListener) => createServer(serverOptions(config.waits), handler),
      genReqId: requestIdOf,
      requestIdHeader: false,
      // Ours says it as a problem: see `refuseWhileClosing`.
      return503OnClosing: false,
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => answerBeforeRouting(error, request, reply, cors),
      clientErrorHandler: (error: Error, socket: Socket) => answerClientError(error, socket, cors),
      // No middleware is used; middie would run on every request for nothing.
      skipMiddie: true,
    } as FastifyServerOptions);
    this.connections = new Connections(config, { refuse: refuseConnection, tooSlow: (socket) => refuseSlowRequest(socket, cors) }, () => this.serving === 'closing');
    this.connections.watch(this.getInstance<FastifyInstance>().server);
  }

  get state(): ServingState {
    return this.serving;
  }

  /**
   * Listens at one address. Nest's `listen` is not used: it logs a failure besides throwing it. Call `init()` of the application first; it registers the routes.
   * @returns the URL, with the port that was chosen for port 0
   * @throws CannotListenError
   */
  async listenAt(host: string, port: number): Promise<string> {
    try {
      return await this.getInstance<FastifyInstance>().listen({ host: await addressToListenAt(host), port });
    } catch (error) {
      throw cannotListen(host, port, error);
    }
  }

  /** From here on each answer ends its connection; requests are served. */
  drain(): void {
    if (this.serving === 'serving') this.serving = 'draining';
  }

  /** Called by Nest before its shutdown hooks: from here on, new requests are refused. */
  override beforeClose(): void {
    if (this.serving !== 'closing') closeConnectionsAsTheyFallIdle(this.getHttpServer<Server>());
    this.serving = 'closing';
    super.beforeClose();
  }

  /** Nest would add its own parsers at start; `addBodyParsers` has ours. */
  override registerParserMiddleware(): void {}
}

/** Time limits for heads, and the last resort for bodies, which `Connections` watches. */
const serverOptions = ({ idleMs, requestMs, uploadMs, keepAliveMs }: WaitConfig): ServerOptions => ({
  // Without a Host header Node would answer without a word; `requireHost` says it as a problem.
  requireHostHeader: false,
  headersTimeout: idleMs,
  requestTimeout: Math.max(idleMs, requestMs, uploadMs),
  connectionsCheckingInterval: lookMs(idleMs),
  keepAliveTimeout: keepAliveMs,
});

/** A bad URL or an over-long parameter: found by the router, before any hook and any filter. */
const answerBeforeRouting = (error: Error, request: FastifyRequest, reply: FastifyReply, cors: CorsPolicy): void => {
  const response = errorResponseOf(appErrorOf(error), { id: request.id, url: request.raw.url });
  writeFixedHeaders(request, reply);
  cors.write(request, reply);
  void reply.code(response.status).headers(response.headers).send(JSON.stringify(response.body));
};
