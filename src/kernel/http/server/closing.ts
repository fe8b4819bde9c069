import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { frameworkError } from '../problems/framework.errors.js';

const IDLE_CHECK_MS = 100;

/** Serving; draining, when all is served for the last time on its connection; closing, when new requests are sent elsewhere (503). */
export type ServingState = 'serving' | 'draining' | 'closing';

/**
 * While the service closes, what was accepted is answered; what comes new is refused. From the draining on each answer ends its connection, so that
 * none is left on which a client could send something just as it is closed.
 */
export const refuseWhileClosing = (server: FastifyInstance, state: () => ServingState): void => {
  server.addHook('onRequest', (_request, _reply, done) => {
    if (state() === 'closing') done(frameworkError('service.unavailable'));
    else done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (state() !== 'serving') reply.header('connection', 'close');
    done(null, payload);
  });
};

/** Node closes the connections that are idle when closing begins; one that falls idle later would hold the server open for its keep-alive. */
export const closeConnectionsAsTheyFallIdle = (server: Server): void => {
  const timer = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
  timer.unref();
  server.once('close', () => clearInterval(timer));
};
