import { Inject, Injectable } from '@nestjs/common';
import { timingSafeEqual } from 'node:crypto';
import { Clock } from '../../../kernel/clock/index.js';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { decodeBase64Url, deriveKey, mac } from '../../../kernel/crypto/index.js';
import { linkExpired, linkInvalid } from '../avatars.errors.js';

const DAY_SECONDS = 86_400;

/** The picture that a link is of: whose, under which digest, and which file of it (`256.webp`). */
export interface LinkedPicture {
  readonly userId: string;
  readonly digest: string;
  readonly file: string;
}

/** The query of a signed URL, as it came. */
export type LinkQuery = Readonly<Partial<Record<'user' | 'expires' | 'key' | 'signature', unknown>>>;

/**
 * Signed URLs of pictures. Each day has a key of its own, derived from the master key and never stored: one that leaks signs
 * nothing that outlives its day by more than AVATAR_URL_TTL_SECONDS.
 */
@Injectable()
export class PictureLinks {
  private readonly keys = new Map<number, Buffer>();

  constructor(
    private readonly clock: Clock,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  /** The second in which a link that is signed now expires (Unix time). */
  expiry(): number {
    return this.nowSeconds() + this.config.avatars.urlTtlSeconds;
  }

  /** `?user=…&expires=…&key=…&signature=…` */
  query(picture: LinkedPicture, expires: number): string {
    const day = Math.floor(this.nowSeconds() / DAY_SECONDS);
    return `?user=${picture.userId}&expires=${expires}&key=${day}&signature=${this.signature(picture, expires, day).toString('base64url')}`;
  }

  /** Whose picture it is. Throws 403 `avatar.link_invalid` or `avatar.link_expired`. */
  verify(query: LinkQuery, digest: string, file: string): string {
    const [expires, day] = [wholeNumber(query.expires), wholeNumber(query.key)];
    const given = typeof query.signature === 'string' ? decodeBase64Url(query.signature) : null;
    if (typeof query.user !== 'string' || expires === null || day === null || !given) throw linkInvalid();
    const now = this.nowSeconds();
    // Before a key is derived: only those of days that can have signed a link that is still good.
    if (day > now / DAY_SECONDS + 1 || expires > (day + 1) * DAY_SECONDS + this.config.avatars.urlTtlSeconds) throw linkInvalid();
    if (expires <= now) throw linkExpired();
    const expected = this.signature({ userId: query.user, digest, file }, expires, day);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw linkInvalid();
    return query.user;
  }

  private signature({ userId, digest, file }: LinkedPicture, expires: number, day: number): Buffer {
    return mac(this.keyOf(day), [userId, digest, file, expires].join('\n'));
  }

  private keyOf(day: number): Buffer {
    let key = this.keys.get(day);
    if (!key) {
      if (this.keys.size > 16) this.keys.clear();
      this.keys.set(day, (key = deriveKey(this.config.masterKey, `avatar-links:${day}`)));
    }
    return key;
  }

  private nowSeconds(): number {
    return Math.floor(this.clock.now().getTime() / 1000);
  }
}

const wholeNumber = (value: unknown): number | null => (typeof value === 'string' && /^(?:0|[1-9]\d{0,11})$/.test(value) ? Number(value) : null);
