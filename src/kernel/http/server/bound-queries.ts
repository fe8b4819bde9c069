import type { FastifyInstance } from 'fastify';
import { frameworkError } from '../problems/framework.errors.js';
import { hasTooManyParameters, MAX_QUERY_BYTES } from '../request/body-bounds.js';

/** A query that is longer, or has more parameters, than any route takes is refused (414) before anything is made of it. */
export const boundQueries = (server: FastifyInstance): void => {
  server.addHook('onRequest', ({ raw: { url = '' } }, _reply, done) => {
    const at = url.indexOf('?');
    if (at !== -1 && (url.length - at - 1 > MAX_QUERY_BYTES || hasTooManyParameters(url.slice(at + 1)))) done(frameworkError('request.url_too_long'));
    else done();
  });
};
