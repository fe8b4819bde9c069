import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { answerNotModified, strongEtag } from '../../kernel/http/index.js';
import { acceptedEncoding, ENCODINGS, type Encoding } from './accepted-encoding.js';

/** One file in memory, in each form in which it can be sent. */
export class PageFile {
  private readonly etag: string;

  constructor(
    private readonly type: string,
    private readonly bytes: Buffer,
    private readonly compressed: Readonly<Partial<Record<Encoding, Buffer>>>,
  ) {
    this.etag = createHash('sha256').update(bytes).digest('base64url').slice(0, 22);
  }

  /** The body in the best form that the client takes; nothing when the client holds it (304). */
  answer(request: FastifyRequest, reply: FastifyReply): Buffer | undefined {
    const encoding = acceptedEncoding(request.headers['accept-encoding'], ENCODINGS.filter((name) => this.compressed[name]));
    reply.header('vary', 'Accept-Encoding');
    // Other bytes, another strong validator (RFC 9110 §8.8.3).
    if (answerNotModified(request, reply, strongEtag(encoding ? `${this.etag}-${encoding}` : this.etag))) return undefined;
    reply.header('content-type', this.type);
    if (encoding) reply.header('content-encoding', encoding);
    return encoding ? this.compressed[encoding] : this.bytes;
  }
}
