import type { FastifyInstance } from 'fastify';
import { frameworkError } from '../problems/framework.errors.js';

/** While the service closes, what was accepted is answered; what comes new is sent elsewhere (503, `Connection: close`). */
export const refuseWhileClosing = (server: FastifyInstance, isClosing: () => boolean): void => {
  server.addHook('onRequest', (_request, _reply, done) => {
    if (isClosing()) done(frameworkError('service.unavailable', undefined, { 'Connection': 'close' }));
    else done();
  });
};
