import { setFlagsFromString } from 'node:v8';
import { Inject, Injectable, createParamDecorator, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { requestMeta } from '../../../kernel/http/index.js';
import { Limits } from '../../../kernel/limits/index.js';
import { AvatarMetrics } from '../avatar-metrics.js';
import { avatarBusy } from '../avatars.errors.js';
import { BodyReader, type Upload } from './body-reader.js';

/**
 * How far V8's old memory may grow before all of it is collected, in percent of what lives in it; 0: as V8 sees fit. It counts bytes outside its heap, and
 * collected everything for every fourth upload: a tenth of an upload's processor time, and stops that whoever reads feels (docs/decisions/0025).
 */
const GROWTH_PERCENT = { withUploads: 200, without: 0 } as const;

type UploadRequest = FastifyRequest & { uploadedPicture?: Upload };

/**
 * Reads the body of an upload and hands it to `@UploadedPicture()`. At most as many uploads as may be decoded and wait are held
 * in memory at once, so that memory is bounded by that number times AVATAR_MAX_BYTES; one more is refused with `avatar.busy`.
 * How often one user's picture is put is limited (AVATAR_UPLOADS_PER_HOUR), counted before a byte is read and whatever comes of it.
 */
@Injectable()
export class UploadedPictureInterceptor implements NestInterceptor {
  private readonly reader: BodyReader;
  private readonly maxHeld: number;
  private held = 0;

  constructor(
    @Inject(APP_CONFIG) { avatars }: AppConfig,
    private readonly limits: Limits,
    private readonly metrics: AvatarMetrics,
  ) {
    this.reader = new BodyReader(avatars.maxBytes);
    this.maxHeld = avatars.decodeConcurrency + avatars.decodeQueue;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<UploadRequest>();
    try {
      await this.limits.count(requestMeta(request), ['upload-user', ownerOf(request)]);
      request.uploadedPicture = await this.hold(() => this.reader.read(request.raw));
    } catch (error) {
      this.metrics.refused(error);
      throw error;
    }
    return next.handle().pipe(
      finalize(() => {
        this.leave();
        request.uploadedPicture = undefined;
      }),
    );
  }

  /** Takes a place, which the caller gives back unless this fails. */
  private async hold<T>(read: () => Promise<T>): Promise<T> {
    if (this.held >= this.maxHeld) throw avatarBusy();
    this.enter();
    try {
      return await read();
    } catch (error) {
      this.leave();
      throw error;
    }
  }

  private enter(): void {
    this.held += 1;
    if (this.held === 1) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT.withUploads}`);
  }

  private leave(): void {
    this.held -= 1;
    if (this.held === 0) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT.without}`);
  }
}

/** Whose picture it is: who may upload for many has a limit for each. */
const ownerOf = ({ params, principal }: UploadRequest): string => (params as { readonly id?: string }).id ?? principal!.userId;

/** What `UploadedPictureInterceptor` has read. */
export const UploadedPicture = createParamDecorator((_data: unknown, context: ExecutionContext): Upload => {
  const { uploadedPicture } = context.switchToHttp().getRequest<UploadRequest>();
  if (!uploadedPicture) throw new Error('@UploadedPicture() on a route without UploadedPictureInterceptor');
  return uploadedPicture;
});
