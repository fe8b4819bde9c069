import { Readable } from 'node:stream';
import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyInstance, FastifyReply, FastifyRequest, onSendHookHandler } from 'fastify';
import type { Observable } from 'rxjs';
import { CACHE_POLICIES, type CachePolicyName } from './cache-policy.js';
import { CACHE_POLICY } from './cache-policy.decorator.js';
import { isHeldByClient } from './conditional.js';
import { policyFor } from './private-answers.js';

/**
 * The one place that writes Cache-Control, and that answers 304.
 *
 * `compile` puts it into a Fastify hook for every route: an rx interceptor would cost each request about a third of its speed
 * (docs: architecture). `intercept` does the same for a route of an application whose server was not set up by `setupHttp`.
 */
@Injectable()
export class CachePolicyInterceptor implements NestInterceptor {
  private readonly reflector = new Reflector();

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const policy = this.reflector.get<CachePolicyName | undefined>(CACHE_POLICY, context.getHandler());
    CachePolicyInterceptor.apply(context.switchToHttp().getResponse<FastifyReply>(), policy);
    return next.handle();
  }

  compile(server: FastifyInstance): void {
    server.decorateRequest('isKeptPrivately', false);
    server.addHook('onSend', (request, reply, payload, done) => {
      CachePolicyInterceptor.apply(reply, policyFor(request));
      done(null, CachePolicyInterceptor.revalidate(request, reply, payload));
    });
    // Fastify writes the length of a HEAD's body last, and so `0` for a 304, which would be a statement about the 200 (RFC 9110 §8.6).
    server.addHook('onRoute', (route) => {
      if (route.method === 'HEAD') route.onSend = [route.onSend ?? [], dropLengthOfNothing].flat();
    });
  }

  /** The route's policy for a success, `no-store` for anything else (RFC 9111 §3 would let a 404 be kept). */
  static apply(reply: FastifyReply, policy: CachePolicyName = 'noStore'): void {
    const { statusCode } = reply;
    const mayBeKept = (statusCode >= 200 && statusCode < 300) || statusCode === 304;
    reply.header('cache-control', CACHE_POLICIES[mayBeKept ? policy : 'noStore']);
  }

  /** RFC 9110 §13.2.2: a GET or HEAD whose representation the client holds is 304, without the headers that describe a body. */
  static revalidate(request: FastifyRequest, reply: FastifyReply, payload: unknown): unknown {
    if (reply.statusCode === 200) {
      const etag = reply.getHeader('etag');
      if (typeof etag !== 'string' || !isHeldByClient(request, etag)) return payload;
      reply.code(304);
    }
    if (reply.statusCode !== 304) return payload;
    reply.removeHeader('content-length');
    reply.removeHeader('content-type');
    discard(payload);
    // Fastify's HEAD hook takes `undefined`, and breaks on `null`.
    return request.method === 'HEAD' ? undefined : null;
  }
}

const dropLengthOfNothing: onSendHookHandler = (_request, reply, payload, done) => {
  if (reply.statusCode === 304) reply.removeHeader('content-length');
  done(null, payload);
};

/** A stream that nobody will read holds a file open. */
const discard = (payload: unknown): void => {
  if (payload instanceof Readable) payload.destroy();
};
