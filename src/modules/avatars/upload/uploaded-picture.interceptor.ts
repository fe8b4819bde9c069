import { setFlagsFromString } from 'node:v8';
import { Inject, Injectable, createParamDecorator, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { finalize, type Observable } from 'rxjs';
import { networkOf } from '../../../kernel/addresses/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { requestMeta } from '../../../kernel/http/index.js';
import { Limits } from '../../../kernel/limits/index.js';
import { AvatarMetrics } from '../avatar-metrics.js';
import { BodyReader, type Upload } from './body-reader.js';
import { UploadPlaces, type UploadPlace } from './upload-places.js';

/**
 * How far V8's old memory may grow before all of it is collected, in percent of what lives in it; 0: as V8 sees fit. It counts bytes outside its heap, and
 * collected everything for every fourth upload: a tenth of an upload's processor time, and stops that whoever reads feels (docs/decisions/0025).
 */
const GROWTH_PERCENT = { withUploads: 200, without: 0 } as const;

type UploadRequest = FastifyRequest & { uploadedPicture?: Upload };

/**
 * Reads the body of an upload and hands it to `@UploadedPicture()`. At most as many uploads as may be decoded are worked on, and wait, addresses in turn; one
 * more is refused with `avatar.busy`: of the address that has most of them there. All uploads together, those that still arrive among them, hold at most that number times AVATAR_MAX_BYTES.
 * How often one user's picture is put is limited (AVATAR_UPLOADS_PER_HOUR), counted before a byte is read and whatever comes of it.
 */
@Injectable()
export class UploadedPictureInterceptor implements NestInterceptor {
  private readonly reader: BodyReader;
  private readonly places: UploadPlaces;

  constructor(
    @Inject(APP_CONFIG) { avatars }: AppConfig,
    private readonly limits: Limits,
    private readonly metrics: AvatarMetrics,
  ) {
    this.reader = new BodyReader(avatars.maxBytes);
    // While some are decoded, as many others are stored, or are next.
    const next = Math.min(avatars.decodeConcurrency, avatars.decodeQueue);
    this.places = new UploadPlaces({
      atOnce: avatars.decodeConcurrency + next,
      waiting: avatars.decodeQueue - next,
      bytes: (avatars.decodeConcurrency + avatars.decodeQueue) * avatars.maxBytes,
    });
  }

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<UploadRequest>();
    let place: UploadPlace | undefined;
    try {
      await this.limits.count(requestMeta(request), ['upload-user', ownerOf(request)]);
      request.uploadedPicture = await this.reader.read(request.raw, (displace) => (place = this.enter(request, displace)));
      await place!.startWork();
    } catch (error) {
      this.leave(place);
      this.metrics.refused(error);
      throw error;
    }
    return next.handle().pipe(
      finalize(() => {
        this.leave(place);
        request.uploadedPicture = undefined;
      }),
    );
  }

  private enter(request: UploadRequest, displace: () => void): UploadPlace {
    if (this.places.isEmpty) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT.withUploads}`);
    const { ipAddress } = requestMeta(request);
    return this.places.enter({ userId: request.principal!.userId, network: ipAddress ? networkOf(ipAddress) : '' }, displace);
  }

  private leave(place: UploadPlace | undefined): void {
    place?.leave();
    if (place && this.places.isEmpty) setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT.without}`);
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
