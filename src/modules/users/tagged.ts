import type { FastifyReply } from 'fastify';

/** A body that does not change for as long as it is the same object is written out once (figures: bench/README.md). */
const written = new WeakMap<object, string>();

const writtenOnce = (body: unknown): string => {
  let text = written.get(body as object);
  if (text === undefined) {
    text = JSON.stringify(body);
    written.set(body as object, text);
  }
  return text;
};

/** The body, with its ETag on the reply. The body must not be changed afterwards. */
export const tagged = <T extends object>(reply: FastifyReply, etag: string, body: T): T => {
  reply.header('etag', etag).header('content-type', 'application/json; charset=utf-8').serializer(writtenOnce);
  return body;
};
