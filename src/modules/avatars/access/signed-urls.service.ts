import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { frameworkError, SessionLifetimes, type SessionPrincipal } from '../../../kernel/http/index.js';
import { UsersService, digestOf, type UserSnapshot } from '../../users/index.js';
import { PICTURE_SIZES, type PictureFormat } from '../pipeline/picture-variant.js';
import { PictureLinks } from './picture-links.js';
import type { SignedAvatarDto, SignedUrlsDto } from './signed-urls.dto.js';

/** URLs of pictures for pages that cannot send a bearer token, such as `<img>`; in private mode alone. */
@Injectable()
export class SignedUrlsService {
  constructor(
    private readonly users: UsersService,
    private readonly links: PictureLinks,
    private readonly lifetimes: SessionLifetimes,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** Throws 404 `request.not_found` where pictures are public: there every URL is good without a signature. */
  async sign(session: SessionPrincipal, ids: readonly string[], format: PictureFormat = 'webp'): Promise<SignedUrlsDto> {
    if (this.config.avatars.access === 'public') throw frameworkError('request.not_found');
    const asked = [...new Set(ids.map((id) => id.toLowerCase()))];
    const found = new Map((await this.users.snapshots(asked)).map((user) => [user.userId, user]));
    const expires = Math.min(this.links.expiry(), (await this.lifetimes.endOf(session)) ?? Infinity);
    return {
      items: asked.flatMap((id) => (found.has(id) ? [this.signed(found.get(id)!, format, expires)] : [])),
      missing: asked.filter((id) => !found.has(id)),
      expiresAt: new Date(expires * 1000).toISOString(),
    };
  }

  private signed(user: UserSnapshot, format: PictureFormat, expires: number): SignedAvatarDto {
    const digest = digestOf(user);
    const url = (size: number): string => {
      const file = `${size}.${format}`;
      return `${this.config.http.publicUrl}/v1/avatars/${digest}/${file}${this.links.query({ userId: user.userId, digest, file }, expires)}`;
    };
    return { id: user.userId, version: digest, url: url(256), sizes: Object.fromEntries(PICTURE_SIZES.map((size) => [String(size), url(size)])) };
  }
}
