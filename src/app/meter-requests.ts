import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { Metrics, RequestMeter } from '../kernel/metrics/index.js';

type Hook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

/** Counts and times what is asked for, by route. Each route has a hook of its own, which knows its meter: nothing is looked up. Answers with the meter of an operation, for what no hook sees. */
export const meterRequests = (app: NestFastifyApplication): RequestMeter['meterOf'] => {
  const requests = new RequestMeter(app.get(Metrics));
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  const hookOf = (operation: string): Hook => {
    const meter = requests.meterOf(operation);
    return (_request, reply, done) => {
      meter(reply.statusCode, reply.elapsedTime);
      done();
    };
  };
  server.addHook('onRoute', (route: RouteOptions) => {
    const own = route.onResponse === undefined ? [] : [route.onResponse].flat();
    route.onResponse = [...own, hookOf(`${[route.method].flat().join(',')} ${route.url}`)];
  });
  const elsewhere = hookOf('none');
  server.addHook('onResponse', (request, reply, done) => {
    if (request.is404) elsewhere(request, reply, done);
    else done();
  });
  return (operation) => requests.meterOf(operation);
};
