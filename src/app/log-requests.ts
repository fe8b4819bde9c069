import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';
import { requestIds } from '../kernel/http/index.js';

/** A line for every request, with its route and never its URL: paths and queries name people. Probes are not worth one. */
export const logRequests = (app: NestFastifyApplication): void => {
  const logger = new Logger('Requests');
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  server.addHook('onResponse', (request, reply, done) => {
    const route = request.is404 ? null : (request.routeOptions.url ?? null);
    if (!route?.startsWith('/health/')) {
      const milliseconds = Math.round(reply.elapsedTime * 10) / 10;
      logger.log({ msg: 'request', ...requestIds(request), method: request.method, route, status: reply.statusCode, milliseconds });
    }
    done();
  });
};
