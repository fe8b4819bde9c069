import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import type { ShortWays } from '../kernel/http/index.js';
import { Metrics, RequestMeter } from '../kernel/metrics/index.js';

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

type Hook = (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;

type Meters = ReturnType<ConstructorParameters<typeof ShortWays>[2]>;

/**
 * Counts and times what is asked for, by route, and counts the clients that go away in their bodies. Each route has hooks of its own, which know their
 * meter: nothing is looked up. Answers with the meters of an operation, for what no hook sees.
 */
export const meterRequests = (app: NestFastifyApplication): ((operation: string) => Meters) => {
  const requests = new RequestMeter(app.get(Metrics));
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  const metersOf = (operation: string): Meters => ({ answered: requests.meterOf(operation), aborted: () => requests.aborted(operation) });
  const hookOf = ({ answered }: Meters): Hook => (_request, reply, done) => {
    answered(reply.statusCode, reply.elapsedTime);
    done();
  };
  server.addHook('onRoute', (route: RouteOptions) => {
    const methods = [route.method].flat();
    const meters = metersOf(`${methods.join(',')} ${route.url}`);
    route.onResponse = [...[route.onResponse ?? []].flat(), hookOf(meters)];
    // Only where there are bodies: Fastify listens to each request for it.
    if (methods.some((method) => WITH_BODY.has(method))) route.onRequestAbort = [...[route.onRequestAbort ?? []].flat(), (_request, done) => done(void meters.aborted())];
  });
  const elsewhere = hookOf(metersOf('none'));
  server.addHook('onResponse', (request, reply, done) => {
    if (request.is404) elsewhere(request, reply, done);
    else done();
  });
  return metersOf;
};
