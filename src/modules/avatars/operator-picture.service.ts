import { Injectable } from '@nestjs/common';
import { DefaultPicture } from '../users/index.js';
import { AvatarKeeper } from './keeping/avatar-keeper.js';
import { PicturePipeline } from './pipeline/picture-pipeline.js';
import { PictureShelf } from './showing/picture-shelf.js';

/** The operator's picture for users who have put none. */
@Injectable()
export class OperatorPicture {
  constructor(
    private readonly pipeline: PicturePipeline,
    private readonly keeper: AvatarKeeper,
    private readonly shelf: PictureShelf,
    private readonly defaultPicture: DefaultPicture,
  ) {}

  /** Shows all of them with this picture from now on, and answers its key. Throws what the pipeline refuses. */
  async put(bytes: Buffer): Promise<string> {
    const picture = await this.pipeline.normalise(bytes);
    await this.keeper.keepWhile(picture, async () => {
      await this.shelf.makeReady(picture); // everybody will ask at once
      return this.defaultPicture.change(picture.key);
    });
    return picture.key;
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
