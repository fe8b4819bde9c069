import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const STRICT_CSP = "default-src 'none'; frame-ancestors 'none'";
const PICTURE_CSP = "default-src 'none'";

/** Fixed headers, in one hook: a package for them costs a quarter of the speed. Also called where no hook runs. */
export const writeFixedHeaders = (request: FastifyRequest, reply: FastifyReply): void => {
  const config = request.routeOptions?.config;
  const embeddable = config?.embeddable === true;
  reply.header('x-request-id', request.id);
  reply.header('x-content-type-options', 'nosniff');
  reply.header('referrer-policy', 'no-referrer');
  reply.header('cross-origin-resource-policy', embeddable ? 'cross-origin' : 'same-origin');
  reply.header('content-security-policy', config?.contentSecurityPolicy ?? (embeddable ? PICTURE_CSP : STRICT_CSP));
};

export const addSecurityHeaders = (server: FastifyInstance): void => {
  server.addHook('onSend', (request, reply, payload, done) => {
    writeFixedHeaders(request, reply);
    done(null, payload);
  });
};
