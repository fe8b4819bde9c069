import type { FastifyReply } from 'fastify';

export const JSON_TYPE = 'application/json; charset=utf-8';

interface Written {
  readonly text: string;
  readonly byteLength: number;
}

/** A body that does not change for as long as it is the same object is written out once (figures: bench/README.md). */
const written = new WeakMap<object, Written>();

export const writtenOnce = (body: object): Written => {
  let known = written.get(body);
  if (known === undefined) {
    const text = JSON.stringify(body);
    written.set(body, (known = { text, byteLength: Buffer.byteLength(text) }));
  }
  return known;
};

const serialize = (body: unknown): string => writtenOnce(body as object).text;

/** The body, with its ETag on the reply. The body must not be changed afterwards. */
export const tagged = <T extends object>(reply: FastifyReply, etag: string, body: T): T => {
  reply.header('etag', etag).header('content-type', JSON_TYPE).serializer(serialize);
  return body;
};
