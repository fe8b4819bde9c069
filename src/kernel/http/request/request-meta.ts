import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ClientAddresses } from '../../addresses/index.js';
import { limitHeadersOf } from '../../limits/index.js';

export interface RequestMeta {
  /** The client's address in canonical form; behind a trusted proxy, the one it names. Null when the client went before it was known. */
  readonly ipAddress: string | null;
  /** At most 512 characters; null when the client names none. */
  readonly userAgent: string | null;
}

declare module 'fastify' {
  interface FastifyRequest {
    meta?: RequestMeta;
    readonly clientAddresses: ClientAddresses;
  }
}

const MAX_USER_AGENT_LENGTH = 512;
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/g;

export const metaOf = (raw: IncomingMessage, addresses: ClientAddresses): RequestMeta => ({
  ipAddress: addresses.of(raw),
  userAgent: raw.headers['user-agent']?.replace(CONTROL, '').slice(0, MAX_USER_AGENT_LENGTH) || null,
});

/** One per request: limits are noted with it. */
export const requestMeta = (request: FastifyRequest): RequestMeta => (request.meta ??= metaOf(request.raw, request.clientAddresses));

/** Gives requests what `requestMeta` reads addresses by. `request.ip` stays the connection's own: nothing else judges what proxies say. */
export const addClientAddresses = (server: FastifyInstance, addresses: ClientAddresses): void => {
  server.decorateRequest('clientAddresses', { getter: () => addresses });
  // Node forgets the address of a connection that has closed, unless it was asked for before.
  server.server.on('connection', (socket: Socket) => void socket.remoteAddress);
};

/** `RateLimit` and `RateLimit-Policy`, on whatever answers a request that was counted. */
export const addLimitHeaders = (server: FastifyInstance): void => {
  server.addHook('onSend', (request, reply, payload, done) => {
    const headers = request.meta && limitHeadersOf(request.meta);
    if (headers) reply.headers(headers);
    done(null, payload);
  });
};
