import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../config/index.js';
import { Metrics } from './metrics.service.js';

const PATH = '/metrics';
const REQUEST_TIMEOUT_MS = 10_000;

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
      if (this.config.environment === 'production') throw new Error(message, { cause: error });
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
    return createServer({ requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        this.logger.error(`not collected: ${String(error)}`);
        response.writeHead(500).end();
      });
    });
  }

  private async answer({ method, url }: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = url?.split('?')[0];
    if (path !== PATH) return void response.writeHead(404).end();
    if (method !== 'GET' && method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    const text = await this.metrics.registry.metrics();
    response.writeHead(200, { 'content-type': this.metrics.registry.contentType, 'cache-control': 'no-store' });
    response.end(method === 'HEAD' ? undefined : text);
  }
}

const listening = async (server: Server, port: number, host: string): Promise<Server> => {
  server.listen(port, host);
  await once(server, 'listening');
  return server;
};
