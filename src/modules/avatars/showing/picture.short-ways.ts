import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { isHeld, ShortWay, type ShortAnswer, type ShortRequest } from '../../../kernel/http/index.js';
import { userNotFound, UsersService } from '../../users/index.js';
import { AvatarMetrics, type PictureRoute } from '../avatar-metrics.js';
import { AvatarsService, type Picture } from '../avatars.service.js';
import { contentTypeOf } from '../pipeline/picture-variant.js';
import { PictureCallers } from './picture-callers.js';
import { askedVariant, variantOfFileName, type AskedVariant } from './variant-request.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
/** The query as our own documents write it. */
const PLAIN_QUERY = /^(?:size=(\d{1,4})(?:&format=([a-z]{3,4}))?|format=([a-z]{3,4}))?$/;
/** Browsers send a handful of different `Accept`, and reading one costs more than the rest of a 304. */
const REMEMBERED_VARIANTS = 500;

/** What the two kinds of picture URL have in common: the answer once the picture is known. Private pictures go the long way. */
abstract class PictureShortWay extends ShortWay {
  override readonly isForBearers = false;

  constructor(
    private readonly metrics: AvatarMetrics,
    protected readonly isPrivate: boolean,
  ) {
    super();
  }

  protected held(route: PictureRoute, etag: string, vary?: string): ShortAnswer {
    this.metrics.answered(route, 304, 0);
    return { etag, content: null, vary };
  }

  protected whole(route: PictureRoute, { etag, bytes, format }: Picture, vary?: string): ShortAnswer {
    this.metrics.answered(route, 200, bytes.length);
    return { etag, content: { type: contentTypeOf(format), bytes, byteLength: bytes.length, acceptsRanges: true }, vary };
  }
}

/** The stable URL: one look at the user, and no picture is touched while it is the one that the client holds. */
@Injectable()
export class CurrentPictureShortWay extends PictureShortWay {
  private readonly variants = new LRUCache<string, AskedVariant>({ max: REMEMBERED_VARIANTS });

  constructor(
    private readonly users: UsersService,
    private readonly avatars: AvatarsService,
    private readonly callers: PictureCallers,
    metrics: AvatarMetrics,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    super(metrics, config.avatars.access === 'private');
  }

  override async answer({ raw, params: [userId], query }: ShortRequest): Promise<ShortAnswer | null> {
    const variant = this.variantOf(query, raw.headers.accept);
    if (this.isPrivate || variant === null || !UUID.test(userId!)) return null;
    const user = await this.users.snapshot(userId!);
    if (!user) throw userNotFound();
    const vary = variant.isNegotiated ? 'Accept' : undefined;
    const etag = this.avatars.etagFor(user, variant);
    return isHeld(raw, etag) ? this.held('stable', etag, vary) : this.whole('stable', await this.avatars.show(user, variant, this.callers.of(raw)), vary);
  }

  /** Null when there is more to say of what was asked for. */
  private variantOf(query: string, accept = ''): AskedVariant | null {
    // A format that is asked for leaves nothing to `Accept`.
    const key = query.includes('format=') ? query : `${query} ${accept}`;
    const known = this.variants.get(key);
    if (known) return known;
    const asked = PLAIN_QUERY.exec(query);
    if (!asked) return null;
    const variant = askedVariant({ size: asked[1], format: asked[2] ?? asked[3] }, accept);
    this.variants.set(key, variant);
    return variant;
  }
}

/** The URL by digest. */
@Injectable()
export class ImmutablePictureShortWay extends PictureShortWay {
  constructor(
    private readonly avatars: AvatarsService,
    private readonly callers: PictureCallers,
    metrics: AvatarMetrics,
    @Inject(APP_CONFIG) config: AppConfig,
  ) {
    super(metrics, config.avatars.access === 'private');
  }

  override async answer({ raw, params: [digest, file], query }: ShortRequest): Promise<ShortAnswer | null> {
    const variant = variantOfFileName(file!);
    if (this.isPrivate || variant === null || query !== '') return null;
    const picture = await this.avatars.byDigest(digest!, variant, this.callers.of(raw));
    return isHeld(raw, picture.etag) ? this.held('immutable', picture.etag) : this.whole('immutable', picture);
  }
}
