import { trace, type Context, type Tracer } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor, ParentBasedSampler, TraceIdRatioBasedSampler } from '@opentelemetry/sdk-trace-base';
import type { FastifyInstance } from 'fastify';
import { TrustedNetworks } from '../addresses/index.js';
import type { Agent } from 'node:http';
import { settlingAgents } from '../outbound/index.js';
import type { TracingConfig } from '../config/index.js';
import { ClientSpans } from './client-spans.js';
import { RequestSpans } from './request-spans.js';
import type { RequestTracing, TraceIds } from './request-tracing.js';

/** A collector that does not answer must not hold the process when it ends. */
const STOP_LIMIT_MS = 2_000;
const EXPORT_TIMEOUT_MS = 5_000;
/** Of a whole export. The exporter's own limit is of silence, and it holds thirty exports: thirty that never end would be the last. */
const EXPORT_LIMIT_MS = 10_000;


/**
 * Spans of requests and of what they ask of PostgreSQL, Redis and S3. Nothing global is set, so that several applications of one process stay
 * apart. What spans say is listed by hand: names, verbs, codes; no URL, address, id of a user, statement or value (docs/deploy.md).
 */
export class OpenTelemetryTracing implements RequestTracing {
  private readonly contexts = new AsyncLocalStorageContextManager().enable();
  private readonly provider: BasicTracerProvider;
  private readonly tracer: Tracer;
  private readonly clients: ClientSpans;

  constructor(
    config: TracingConfig,
    private readonly trustedProxies: readonly string[],
    private readonly onStop: () => void,
    exportLimitMs = EXPORT_LIMIT_MS,
  ) {
    const agents = settlingAgents({ keepAlive: true }, exportLimitMs);
    const agentOf = (protocol: string): Agent => (protocol === 'https:' ? agents.https : agents.http);
    const exporter = new OTLPTraceExporter({ url: `${config.endpoint}/v1/traces`, headers: { ...config.headers }, timeoutMillis: EXPORT_TIMEOUT_MS, httpAgentOptions: agentOf });
    this.provider = new BasicTracerProvider({
      resource: resourceFromAttributes({ 'service.name': config.serviceName }),
      sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(config.share) }),
      spanProcessors: [new BatchSpanProcessor(exporter)],
    });
    this.tracer = this.provider.getTracer('likeness');
    this.clients = new ClientSpans(this.tracer, () => this.contexts.active());
    this.clients.listen();
  }

  get active(): TraceIds | null {
    return trace.getSpanContext(this.contexts.active()) ?? null;
  }

  traceRequests(server: FastifyInstance): void {
    const run = (context: Context, work: () => void): void => this.contexts.with(context, work);
    new RequestSpans(this.tracer, new TrustedNetworks(this.trustedProxies), run).compile(server);
  }

  async stop(): Promise<void> {
    this.clients.stop();
    this.onStop();
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_LIMIT_MS)));
    // What cannot be sent is lost: it was for watching.
    await Promise.race([this.provider.shutdown().catch(() => undefined), limit]);
    clearTimeout(timer);
    this.contexts.disable();
  }
}
