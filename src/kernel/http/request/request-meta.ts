import type { FastifyInstance, FastifyRequest } from 'fastify';
import { limitHeadersOf } from '../../limits/index.js';

export interface RequestMeta {
  /** The client's address; behind a trusted proxy, the one it names. */
  readonly ipAddress: string;
  /** At most 512 characters; null when the client names none. */
  readonly userAgent: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    meta?: RequestMeta;
  }
}

const MAX_USER_AGENT_LENGTH = 512;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

export const metaOf = (ipAddress: string, userAgent: string | undefined): RequestMeta => ({
  ipAddress,
  userAgent: userAgent?.replace(CONTROL, '').slice(0, MAX_USER_AGENT_LENGTH) || null,
});

/** One per request: limits are noted with it. */
export const requestMeta = (request: FastifyRequest): RequestMeta => (request.meta ??= metaOf(request.ip, request.headers['user-agent']));

/** `RateLimit` and `RateLimit-Policy`, on whatever answers a request that was counted. */
export const addLimitHeaders = (server: FastifyInstance): void => {
  server.addHook('onSend', (request, reply, payload, done) => {
    const headers = request.meta && limitHeadersOf(request.meta);
    if (headers) reply.headers(headers);
    done(null, payload);
  });
};
