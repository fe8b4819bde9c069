import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { AuditLog } from '../kernel/audit/index.js';
import type { AppConfig } from '../kernel/config/index.js';
import { ServiceAdapter, setupHttp, ShortWays } from '../kernel/http/index.js';
import { AppModule } from './app.module.js';
import { startTracing } from '../kernel/tracing/index.js';
import { JsonLogger } from './json-logger.service.js';
import { logRequests } from './log-requests.js';
import { meterConnections } from './meter-connections.js';
import { meterRequests } from './meter-requests.js';
import { serveDocument } from './openapi/serve-document.js';

/** The service, wired and not yet listening; it throws when what it needs is missing. */
export const createApp = async (config: AppConfig): Promise<NestFastifyApplication> => {
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.forRoot(config), new ServiceAdapter(config.http), {
    logger: new JsonLogger(config.logLevel),
    abortOnError: false,
    routeConflictPolicy: { duplicate: 'error', shadow: 'warn' },
  });
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  const tracing = await startTracing(config.tracing, config.http.trustedProxies);
  tracing?.traceRequests(server);
  setupHttp(app, config.http);
  meterConnections(app);
  const metersOf = meterRequests(app);
  if (config.logsRequests) logRequests(app);
  // Who watches requests watches all of them: by Fastify's hooks, which short ways go around.
  if (!tracing && !config.logsRequests) new ShortWays(app, config.http, metersOf).open();
  // Nest closes the server between its two hooks of shutdown, and the database in the second.
  server.addHook('onClose', () => app.get(AuditLog).flush());
  if (tracing) server.addHook('onClose', () => tracing.stop());
  serveDocument(app);
  return app;
};
