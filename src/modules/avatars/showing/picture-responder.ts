import { Inject, Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { addVary, answerNotModified, keepPrivately } from '../../../kernel/http/index.js';
import { AvatarMetrics, type PictureRoute } from '../avatar-metrics.js';
import { AvatarsService, type Picture } from '../avatars.service.js';
import { pictureNotFound, rangeNotSatisfiable } from '../avatars.errors.js';
import { contentTypeOf } from '../pipeline/picture-variant.js';
import { PictureCallers, type PictureCaller } from './picture-callers.js';
import { byteRangeOf } from './byte-range.js';
import { askedVariant, variantOfFileName } from './variant-request.js';

/** Pictures as HTTP: validators and negotiation before, headers after. Answers nothing where the answer is 304. */
@Injectable()
export class PictureResponder {
  private readonly isPrivate: boolean;
  private readonly publicUrl: string;

  constructor(
    private readonly avatars: AvatarsService,
    private readonly metrics: AvatarMetrics,
    private readonly callers: PictureCallers,
    @Inject(APP_CONFIG) { avatars: { access }, http }: AppConfig,
  ) {
    this.isPrivate = access === 'private';
    this.publicUrl = http.publicUrl;
  }

  /** The stable URL of a picture, with what was asked for here. Throws 400 for what would be refused there. */
  addressOf(userId: string, { raw, query }: FastifyRequest): string {
    askedVariant(query as Record<string, unknown>, undefined);
    return `${this.publicUrl}/v1/users/${userId}/avatar${/\?.+/.exec(raw.url ?? '')?.[0] ?? ''}`;
  }

  /** The stable URL. An unchanged picture costs one look at the user; no picture is touched. */
  async current(userId: string, request: FastifyRequest, reply: FastifyReply): Promise<Buffer | undefined> {
    if (this.isPrivate) keepPrivately(request);
    const variant = askedVariant(request.query as Record<string, unknown>, request.headers.accept);
    if (variant.isNegotiated) addVary(reply, 'Accept');
    const { user, etag } = await this.avatars.currentEtag(userId, variant);
    return this.answer('stable', request, reply, etag, () => this.avatars.show(user, variant, this.callerOf(request)));
  }

  /** The immutable URL. It is looked for also when the client holds it: what is gone is 404. */
  async immutable(digest: string, file: string, request: FastifyRequest, reply: FastifyReply): Promise<Buffer | undefined> {
    if (this.isPrivate) keepPrivately(request);
    const variant = variantOfFileName(file);
    if (!variant) throw pictureNotFound();
    const picture = await this.avatars.byDigest(digest, variant, this.callerOf(request));
    return this.answer('immutable', request, reply, picture.etag, () => picture);
  }

  /** For whom a picture is made, if it has to be. */
  callerOf({ raw }: FastifyRequest): PictureCaller {
    return this.callers.of(raw);
  }

  /** 304 when the client holds what `etag` names; else the bytes, or the part of them that was asked for. */
  async answer(route: PictureRoute, request: FastifyRequest, reply: FastifyReply, etag: string, take: () => Picture | Promise<Picture>): Promise<Buffer | undefined> {
    if (answerNotModified(request, reply, etag)) {
      this.metrics.answered(route, 304, 0);
      return undefined;
    }
    const bytes = this.bytesFor(request, reply, await take());
    this.metrics.answered(route, reply.statusCode === 206 ? 206 : 200, request.method === 'GET' ? bytes.length : 0);
    return bytes;
  }

  private bytesFor(request: FastifyRequest, reply: FastifyReply, { bytes, etag, format }: Picture): Buffer {
    void reply.header('etag', etag).header('content-type', contentTypeOf(format)).header('accept-ranges', 'bytes');
    if (request.method !== 'GET') return bytes; // RFC 9110 §14.2: Range is for GET alone
    const range = byteRangeOf(request.headers.range, request.headers['if-range'] as string | undefined, etag, bytes.length);
    if (range.kind === 'whole') return bytes;
    if (range.kind === 'unsatisfiable') throw rangeNotSatisfiable(bytes.length);
    void reply.code(206).header('content-range', `bytes ${range.first}-${range.last}/${bytes.length}`);
    return bytes.subarray(range.first, range.last + 1);
  }
}
