import { Inject, Injectable, createParamDecorator, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { avatarBusy } from '../avatars.errors.js';
import { BodyReader, type Upload } from './body-reader.js';

type UploadRequest = FastifyRequest & { uploadedPicture?: Upload };

/**
 * Reads the body of an upload and hands it to `@UploadedPicture()`. At most as many uploads as may be decoded and wait are held
 * in memory at once, so that memory is bounded by that number times AVATAR_MAX_BYTES; one more is refused with `avatar.busy`.
 */
@Injectable()
export class UploadedPictureInterceptor implements NestInterceptor {
  private readonly reader: BodyReader;
  private readonly maxHeld: number;
  private held = 0;

  constructor(@Inject(APP_CONFIG) { avatars }: AppConfig) {
    this.reader = new BodyReader(avatars.maxBytes);
    this.maxHeld = avatars.decodeConcurrency + avatars.decodeQueue;
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<UploadRequest>();
    if (this.held >= this.maxHeld) throw avatarBusy();
    this.held += 1;
    try {
      request.uploadedPicture = await this.reader.read(request.raw);
    } catch (error) {
      this.held -= 1;
      throw error;
    }
    return next.handle().pipe(
      finalize(() => {
        this.held -= 1;
        request.uploadedPicture = undefined;
      }),
    );
  }
}

/** What `UploadedPictureInterceptor` has read. */
export const UploadedPicture = createParamDecorator((_data: unknown, context: ExecutionContext): Upload => {
  const { uploadedPicture } = context.switchToHttp().getRequest<UploadRequest>();
  if (!uploadedPicture) throw new Error('@UploadedPicture() on a route without UploadedPictureInterceptor');
  return uploadedPicture;
});
