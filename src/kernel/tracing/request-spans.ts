import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span, type TextMapGetter, type Tracer } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { parseAddress, type TrustedNetworks } from '../addresses/index.js';

interface Traced {
  readonly span: Span;
  readonly context: Context;
}

type Run = (context: Context, work: () => void) => void;

const HEADERS: TextMapGetter<IncomingHttpHeaders> = {
  keys: (headers) => Object.keys(headers),
  get: (headers, name) => headers[name],
};

/** Methods that have a meaning here; any other is a text of the caller's. */
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** Probes would be most of what is recorded. */
const isProbe = (request: FastifyRequest): boolean => request.routeOptions.url?.startsWith('/health/') ?? false;

/** One span per request, named after its route: never after its path, which names people. */
export class RequestSpans {
  private readonly propagator = new W3CTraceContextPropagator();
  private readonly traced = new WeakMap<FastifyRequest, Traced>();

  constructor(
    private readonly tracer: Tracer,
    private readonly trusted: TrustedNetworks,
    private readonly run: Run,
  ) {}

  compile(server: FastifyInstance): void {
    server.addHook('onRequest', (request, _reply, done) => {
      if (isProbe(request)) return done();
      const traced = this.begin(request);
      this.traced.set(request, traced);
      this.run(traced.context, done);
    });
    // A body is read in the turn of its connection, which is no part of the trace.
    server.addHook('preHandler', (request, _reply, done) => {
      const traced = this.traced.get(request);
      if (traced) this.run(traced.context, done);
      else done();
    });
    server.addHook('onResponse', (request, reply, done) => {
      this.end(request, reply);
      done();
    });
    server.addHook('onRequestAbort', (request, done) => {
      this.traced.get(request)?.span.setAttribute('error.type', 'aborted');
      done();
    });
  }

  private begin(request: FastifyRequest): Traced {
    const given = this.trusted.includes(parseAddress(request.socket.remoteAddress ?? '')) ? this.propagator.extract(ROOT_CONTEXT, request.headers, HEADERS) : ROOT_CONTEXT;
    const method = METHODS.has(request.method) ? request.method : '_OTHER';
    const route = request.is404 ? undefined : request.routeOptions.url;
    const attributes = { 'http.request.method': method, ...(route !== undefined && { 'http.route': route }), 'likeness.request_id': request.id };
    const span = this.tracer.startSpan(route === undefined ? method : `${method} ${route}`, { kind: SpanKind.SERVER, attributes }, given);
    return { span, context: trace.setSpan(given, span) };
  }

  private end(request: FastifyRequest, reply: FastifyReply): void {
    const span = this.traced.get(request)?.span;
    if (!span) return;
    span.setAttribute('http.response.status_code', reply.statusCode);
    if (reply.statusCode >= 500) span.setAttribute('error.type', String(reply.statusCode)).setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  }
}
