import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceAdapter } from '../kernel/http/index.js';
import { Metrics } from '../kernel/metrics/index.js';

/** Connections that are open, that were one too many, and that were ended because their client did not go on. */
export const meterConnections = (app: NestFastifyApplication): void => {
  const { connections } = app.getHttpAdapter() as unknown as ServiceAdapter;
  const metrics = app.get(Metrics);
  metrics.gauges({ http_connections: 'Connections of clients that are open.' }, () => Promise.resolve({ http_connections: connections.count }));
  const refused = metrics.counter('http_connections_refused_total', 'Connections that were not served: too many in all, or of one address.', ['limit']);
  connections.onRefusal = (limit) => refused.inc({ limit });
  const timedOut = metrics.counter('http_timeouts_total', 'Connections that were ended because a request came, or its answer was taken, too slowly.', []);
  connections.onTimeout = () => timedOut.inc();
};
