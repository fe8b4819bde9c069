import { Injectable } from '@nestjs/common';
import { requireIfMatch, strongEtag } from '../../kernel/http/index.js';
import { AvatarDto, UsersService, digestOf, userNotFound, type UserSnapshot } from '../users/index.js';
import { AvatarMetrics } from './avatar-metrics.js';
import { pictureNotFound, storageUnavailable } from './avatars.errors.js';
import { AvatarKeeper } from './keeping/avatar-keeper.js';
import { PicturePipeline } from './pipeline/picture-pipeline.js';
import { PICTURE_FORMATS, PICTURE_SIZES, type PictureVariant } from './pipeline/picture-variant.js';
import type { PictureCaller } from './showing/picture-callers.js';
import { PictureShelf } from './showing/picture-shelf.js';
import type { Upload } from './upload/body-reader.js';

/** One variant of one digest, and its strong validator. */
export interface Picture extends PictureVariant {
  readonly etag: string;
  readonly bytes: Buffer;
}

/** A user can change the picture this often while one request reads it, and still be answered. */
const SHOW_ATTEMPTS = 3;

const etagOf = (digest: string, { size, format }: PictureVariant): string => strongEtag(`${digest}-${size}-${format}`);

const pictureOf = (digest: string, variant: PictureVariant, bytes: Buffer): Picture => ({ size: variant.size, format: variant.format, bytes, etag: etagOf(digest, variant) });

const etagsOf = (user: UserSnapshot): string[] => PICTURE_SIZES.flatMap((size) => PICTURE_FORMATS.map((format) => etagOf(digestOf(user), { size, format })));

/** A picture stands that is not to be replaced. */
class HasUploadError extends Error {}

/** What users do with their pictures, and what everybody sees of them. */
@Injectable()
export class AvatarsService {
  constructor(
    private readonly users: UsersService,
    private readonly pipeline: PicturePipeline,
    private readonly keeper: AvatarKeeper,
    private readonly shelf: PictureShelf,
    private readonly metrics: AvatarMetrics,
  ) {}

  /**
   * Shows the user with this picture from now on. Throws 404 `user.not_found`, 412 when `ifMatch` names none of the current
   * variants, and what the pipeline refuses; after any refusal the old picture stands.
   */
  put(userId: string, upload: Upload, ifMatch?: string): Promise<AvatarDto> {
    return this.metrics.counting(upload.bytes.length, () =>
      this.replace(userId, upload, (current) => requireIfMatch(ifMatch, ifMatch === undefined ? [] : etagsOf(current))),
    );
  }

  /** As `put`, and only while the user has uploaded none: null when one stands already. */
  async putFirst(userId: string, upload: Upload): Promise<AvatarDto | null> {
    try {
      return await this.replace(userId, upload, (current) => {
        if (current.pictureKey !== null) throw new HasUploadError();
      });
    } catch (error) {
      if (error instanceof HasUploadError) return null;
      throw error;
    }
  }

  /** Back to the generated picture; no error when that is shown already. */
  async remove(userId: string, ifMatch?: string): Promise<void> {
    await this.users.changeAvatar(userId, null, (current) => requireIfMatch(ifMatch, ifMatch === undefined ? [] : etagsOf(current)));
  }

  /** The validator of what a user is shown with now: without touching a picture. Throws 404 `user.not_found`. */
  async currentEtag(userId: string, variant: PictureVariant): Promise<{ readonly etag: string; readonly user: UserSnapshot }> {
    const user = await this.require(userId);
    return { user, etag: this.etagFor(user, variant) };
  }

  etagFor(user: UserSnapshot, variant: PictureVariant): string {
    return etagOf(digestOf(user), variant);
  }

  /** What a user is shown with. A picture that a row names and that is not there is a failure of the store, never another picture. */
  async show(snapshot: UserSnapshot, variant: PictureVariant, caller?: PictureCaller): Promise<Picture> {
    let user = snapshot;
    for (let attempt = 1; attempt <= SHOW_ATTEMPTS; attempt += 1) {
      const digest = digestOf(user);
      const bytes = await this.shelf.take(digest, variant, { recipe: user.recipe, caller });
      if (bytes) return pictureOf(digest, variant, bytes);
      user = await this.require(user.userId);
      if (digestOf(user) === digest) break;
    }
    throw storageUnavailable(new Error('the picture that the user is shown with is not in the store'));
  }

  /** A picture by its digest; throws 404 `avatar.not_found`. */
  async byDigest(digest: string, variant: PictureVariant, caller?: PictureCaller): Promise<Picture> {
    const bytes = await this.shelf.take(digest, variant, { caller });
    if (!bytes) throw pictureNotFound();
    return pictureOf(digest, variant, bytes);
  }

  private async replace(userId: string, { bytes, crop }: Upload, precondition: (current: UserSnapshot) => void): Promise<AvatarDto> {
    precondition(await this.require(userId)); // cheap, and before anything is decoded or written; decided again under the row's lock
    const picture = await this.pipeline.normalise(bytes, crop);
    const user = await this.keeper.keepWhile(picture, async () => {
      await this.shelf.makeReady(picture);
      return this.users.changeAvatar(userId, { key: picture.key }, precondition);
    });
    return user.dto.avatar;
  }

  private async require(userId: string): Promise<UserSnapshot> {
    const user = await this.users.snapshot(userId);
    if (!user) throw userNotFound();
    return user;
  }
}
