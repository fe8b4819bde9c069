import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifyServerOptions } from 'fastify';
import type { Server } from 'node:http';
import type { HttpConfig, WaitConfig } from '../../config/index.js';
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
      ...timeLimits(config.waits),
      genReqId: requestIdOf,
      requestIdHeader: false,
      // Ours says it as a problem: see `refuseWhileClosing`.
      return503OnClosing: false,
      frameworkErrors: (error: Error, request: FastifyRequest, reply: FastifyReply) => answerBeforeRouting(error, request, reply, cors),
      clientErrorHandler: answerClientError,
      // No middleware is used; middie would run on every request for nothing.
      skipMiddie: true,
    } as FastifyServerOptions);
    this.connections = new Connections(config, { refuse: refuseConnection, tooSlow: refuseSlowRequest }, () => this.serving === 'closing');
    this.connections.watch(this.getInstance<FastifyInstance>().server);
  }

  get state(): ServingState {
    return this.serving;
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

/** For heads, and the last resort for bodies, which `Connections` watches. Fastify sets some by itself, over what Node was told. */
const timeLimits = ({ idleMs, requestMs, uploadMs, keepAliveMs }: WaitConfig): object => {
  const requestTimeout = Math.max(idleMs, requestMs, uploadMs);
  return {
    requestTimeout,
    keepAliveTimeout: keepAliveMs,
    // Without a Host header Node would answer without a word; `requireHost` says it as a problem.
    http: { requireHostHeader: false, headersTimeout: idleMs, requestTimeout, connectionsCheckingInterval: lookMs(idleMs) },
  };
};

/** A bad URL or an over-long parameter: found by the router, before any hook and any filter. */
const answerBeforeRouting = (error: Error, request: FastifyRequest, reply: FastifyReply, cors: CorsPolicy): void => {
  const response = errorResponseOf(appErrorOf(error), { id: request.id, url: request.raw.url });
  writeFixedHeaders(request, reply);
  cors.write(request, reply);
  void reply.code(response.status).headers(response.headers).send(JSON.stringify(response.body));
};
