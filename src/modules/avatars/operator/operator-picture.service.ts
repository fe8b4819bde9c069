import { Injectable } from '@nestjs/common';
import { DefaultPicture } from '../../users/index.js';
import { AvatarMetrics } from '../avatar-metrics.js';
import { AvatarKeeper } from '../keeping/avatar-keeper.js';
import { PicturePipeline } from '../pipeline/picture-pipeline.js';
import { PictureShelf } from '../showing/picture-shelf.js';
import type { Upload } from '../upload/body-reader.js';

/** The operator's picture for users who have put none. */
@Injectable()
export class OperatorPicture {
  constructor(
    private readonly pipeline: PicturePipeline,
    private readonly keeper: AvatarKeeper,
    private readonly shelf: PictureShelf,
    private readonly defaultPicture: DefaultPicture,
    private readonly metrics: AvatarMetrics,
  ) {}

  /** Shows all of them with this picture from now on, and answers its key. Throws what the pipeline refuses. */
  put({ bytes, crop }: Upload): Promise<string> {
    return this.metrics.counting(bytes.length, async () => {
      const picture = await this.pipeline.normalise(bytes, crop);
      await this.keeper.keepWhile(picture, async () => {
        await this.shelf.makeReady(picture); // everybody will ask at once
        return this.defaultPicture.change(picture.key);
      });
      return picture.key;
    });
  }

  /** Back to initials. */
  remove(): Promise<void> {
    return this.defaultPicture.change(null);
  }

  /** The key of what is set; null: nothing is. */
  current(): Promise<string | null> {
    return this.defaultPicture.stored();
  }

  /** Whether AVATAR_DEFAULT has it shown. */
  get isShown(): boolean {
    return this.defaultPicture.isShown;
  }
}
