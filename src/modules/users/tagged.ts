import type { FastifyReply } from 'fastify';
import { JSON_TYPE, writtenOnce } from '../../kernel/http/index.js';

const serialize = (body: unknown): string => writtenOnce(body as object).text;

/** The body, with its ETag on the reply. The body must not be changed afterwards. */
export const tagged = <T extends object>(reply: FastifyReply, etag: string, body: T): T => {
  reply.header('etag', etag).header('content-type', JSON_TYPE).serializer(serialize);
  return body;
};
