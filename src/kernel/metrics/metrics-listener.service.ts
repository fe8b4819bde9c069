import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { addressToListenAt, asksForLoopback, CannotListenError, hearListeningFaults } from '../sockets/index.js';
import { metricsServer } from './metrics-server.js';
import { Metrics } from './metrics.service.js';

const PATH = '/metrics';

/** Serves `/metrics` on a port of its own: what operators see is not for everybody who can reach the API. */
@Injectable()
export class MetricsListener implements OnApplicationShutdown {
  private readonly logger = new Logger('Metrics');
  private server: Server | null = null;

  constructor(
    private readonly metrics: Metrics,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** The port that it listens on; null when it does not. */
  get port(): number | null {
    const address = this.server?.address();
    return typeof address === 'object' && address !== null ? address.port : null;
  }

  /**
   * In production a port that cannot be had stops the start, since nobody would notice that an instance is not watched; on a
   * developer's machine a second instance just goes without.
   */
  async start(): Promise<void> {
    const { host, port } = this.config.metrics;
    if (port === null) return;
    try {
      this.server = await listening(this.newServer(), port, host);
      this.metrics.watchProcess();
    } catch (error) {
      const message = `METRICS_PORT ${port} cannot be listened on (${(error as NodeJS.ErrnoException).code ?? String(error)}): choose another one, or 0 for none`;
      if (this.config.environment === 'production') throw new CannotListenError(message, { cause: error });
      this.logger.warn(`${message}. This instance serves no metrics.`);
    }
  }

  async onApplicationShutdown(): Promise<void> {
    const server = this.server;
    this.server = null;
    if (!server) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private newServer(): Server {
    return metricsServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        this.logger.error(`not collected: ${String(error)}`);
        refuse(response, 500, 'service.internal');
      });
    });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url } = request;
    const path = url?.split('?')[0];
    response.setHeader('x-request-id', randomUUID());
    response.setHeader('cache-control', 'no-store');
    if (this.config.metrics.isLoopbackOnly && !asksForLoopback(request)) return refuse(response, 421, 'request.misdirected');
    if (path !== PATH) return refuse(response, 404, 'request.not_found');
    if (method !== 'GET' && method !== 'HEAD') return refuse(response.setHeader('allow', 'GET, HEAD'), 405, 'request.method_not_allowed');
    const text = await this.metrics.registry.metrics();
    response.writeHead(200, { 'content-type': this.metrics.registry.contentType });
    response.end(method === 'HEAD' ? undefined : text);
  }
}

/** A problem as everywhere (RFC 9457); the filter of the API is not at hand here. */
const refuse = (response: ServerResponse, status: number, code: string): void => {
  const title = STATUS_CODES[status];
  const body = { type: `urn:likeness:problem:${code}`, title, status, detail: `${title}.`, instance: response.getHeader('x-request-id'), code };
  response.writeHead(status, { 'content-type': 'application/problem+json' }).end(JSON.stringify(body));
};

const listening = async (server: Server, port: number, host: string): Promise<Server> => {
  server.listen(port, await addressToListenAt(host));
  await once(server, 'listening');
  hearListeningFaults(server, 'The metrics listener');
  return server;
};
