import type { IncomingMessage } from 'node:http';
import { Readable } from 'node:stream';
import type { RouteOptions } from 'fastify';

/** The spellings of what bodies come as. */
export const PLAIN_TYPES = { form: new Set(['application/x-www-form-urlencoded']), json: new Set(['application/json', 'application/json; charset=utf-8']) } as const;
/** A token or two. What is larger is read by the parsers, which have bounds of their own. */
const MAX_BYTES = 8 * 1024;

/** A body of a few kilobytes whose length is known, and nothing else about it. */
export const isPlainBody = ({ headers }: IncomingMessage): boolean =>
  headers['content-type'] !== undefined && headers['transfer-encoding'] === undefined && headers['content-encoding'] === undefined && Number(headers['content-length']) <= MAX_BYTES;

/** Bodies that were read before Fastify saw their request; it gets them back, byte for byte, when the request is handed over to it after all. */
export class AheadOfParsers {
  private readonly bodies = new WeakMap<IncomingMessage, Buffer>();

  /** `gone` instead of `done` when the client goes away before its end. */
  read(raw: IncomingMessage, done: (body: Buffer) => void, gone: () => void): void {
    const chunks: Buffer[] = [];
    raw.on('data', (chunk: Buffer) => chunks.push(chunk));
    raw.on('end', () => {
      done(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks));
    });
    // A client that goes away has nobody to be answered; without a listener the error would end the process.
    raw.on('error', gone);
  }

  /** For a request that is handed over; of all the others nothing is kept (an entry of a WeakMap stays until the whole heap is looked through). */
  keep(raw: IncomingMessage, body: Buffer): void {
    this.bodies.set(raw, body);
  }

  giveBackTo(route: RouteOptions): void {
    route.preParsing = (request, _reply, payload, done) => {
      const body = this.bodies.get(request.raw);
      done(null, body ? Readable.from(body.length > 0 ? [body] : [], { objectMode: false }) : payload);
    };
  }
}
