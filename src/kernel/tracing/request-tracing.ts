import type { FastifyInstance } from 'fastify';

/** As W3C Trace Context writes them: lower-case hexadecimal. */
export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

/** What the rest of the service may ask of traces; behind it is OpenTelemetry, which is loaded only where traces are configured. */
export interface RequestTracing {
  /** Where the caller is; null outside of a traced request. */
  readonly active: TraceIds | null;
  /** Call it before all other hooks. */
  traceRequests(server: FastifyInstance): void;
  /** Sends what was not sent yet, for a moment at most, and listens no longer. */
  stop(): Promise<void>;
}
