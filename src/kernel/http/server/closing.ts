import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { frameworkError } from '../problems/framework.errors.js';

const IDLE_CHECK_MS = 100;

/** While the service closes, what was accepted is answered; what comes new is sent elsewhere (503). Either way the connection ends with it. */
export const refuseWhileClosing = (server: FastifyInstance, isClosing: () => boolean): void => {
  server.addHook('onRequest', (_request, _reply, done) => {
    if (isClosing()) done(frameworkError('service.unavailable'));
    else done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (isClosing()) reply.header('connection', 'close');
    done(null, payload);
  });
};

/** Node closes the connections that are idle when closing begins; one that falls idle later would hold the server open for its keep-alive. */
export const closeConnectionsAsTheyFallIdle = (server: Server): void => {
  const timer = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
};
