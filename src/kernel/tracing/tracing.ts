import type { TracingConfig } from '../config/index.js';
import type { RequestTracing, TraceIds } from './request-tracing.js';

let running: RequestTracing | null = null;

/** The trace that the caller is part of: for the log. */
export const activeTrace = (): TraceIds | null => running?.active ?? null;

/** `trustedProxies`: addresses and CIDR blocks of those whose `traceparent` is believed. Null, and nothing is loaded, without a configuration. */
export const startTracing = async (config: TracingConfig | null, trustedProxies: readonly string[]): Promise<RequestTracing | null> => {
  if (config === null) return null;
  const { OpenTelemetryTracing } = await import('./open-telemetry-tracing.js');
  const tracing = new OpenTelemetryTracing(config, trustedProxies, () => (running = running === tracing ? null : running));
  running = tracing;
  return tracing;
};
