import type { FastifyReply } from 'fastify';

/** The body, with its ETag on the reply. */
export const tagged = <T>(reply: FastifyReply, etag: string, body: T): T => {
  reply.header('etag', etag);
  return body;
};
