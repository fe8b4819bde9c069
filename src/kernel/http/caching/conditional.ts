import type { IncomingMessage } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { matchesIfNoneMatch } from './etag.js';

const SAFE_METHODS = new Set(['GET', 'HEAD']);

/** Whether the client already holds the representation of this tag. Never on another method than GET and HEAD. */
export const isHeldByClient = (request: FastifyRequest, etag: string): boolean =>
  SAFE_METHODS.has(request.method) && matchesIfNoneMatch(request.headers['if-none-match'], etag);

/** The same for a GET of which there is no more yet. */
export const isHeld = ({ headers }: IncomingMessage, etag: string): boolean => matchesIfNoneMatch(headers['if-none-match'], etag);

/**
 * Sets the ETag; if the client holds it already, the answer becomes 304 and the caller has nothing more to do.
 * A route that does not ask is still answered with 304 (by the hook), only after its body was made for nothing.
 */
export const answerNotModified = (request: FastifyRequest, reply: FastifyReply, etag: string): boolean => {
  reply.header('etag', etag);
  if (!isHeldByClient(request, etag)) return false;
  reply.code(304);
  return true;
};
