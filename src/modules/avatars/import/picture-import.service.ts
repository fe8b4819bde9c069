import { Injectable } from '@nestjs/common';
import { AppError } from '../../../kernel/errors/index.js';
import { AvatarDto, UserOperators, UsersService, userNotFound, type UserSnapshot } from '../../users/index.js';
import { AvatarsService } from '../avatars.service.js';
import { PictureFetcher } from './picture-fetcher.js';

/** `kept`: the user has uploaded a picture, which stands. */
export type ImportOutcome = 'imported' | 'kept' | 'unchanged';

/** Whose picture it is, said by a file's name. */
export interface ImportTarget {
  readonly userId: string;
  readonly hasUpload: boolean;
}

/** Pictures from elsewhere. They go the way of every upload: the same limits, the same decoding, the same fences. */
@Injectable()
export class PictureImport {
  constructor(
    private readonly avatars: AvatarsService,
    private readonly fetcher: PictureFetcher,
    private readonly users: UsersService,
    private readonly operators: UserOperators,
  ) {}

  /** Throws 404 `user.not_found`, and what fetching and uploading refuse; after any refusal the old picture stands. */
  async fromUrl(userId: string, url: string): Promise<AvatarDto> {
    if (!(await this.users.snapshot(userId))) throw userNotFound();
    return this.avatars.put(userId, { bytes: await this.fetcher.fetch(url), crop: null });
  }

  /** As `fromUrl`, unless the user has uploaded a picture, before or meanwhile. */
  async firstFromUrl(userId: string, url: string, signal?: AbortSignal): Promise<ImportOutcome> {
    const user = await this.users.snapshot(userId);
    if (!user || user.pictureKey !== null) return 'kept';
    return this.first(userId, await this.fetcher.fetch(url, signal));
  }

  /** By id, external id, email or username; null when nobody is called so. */
  async targetNamed(name: string): Promise<ImportTarget | null> {
    const user = (await this.operators.find(name).catch(nullIfUnknown)) ?? (await this.operators.byExternalId(name));
    return user && { userId: user.userId, hasUpload: user.pictureKey !== null };
  }

  /** Without `replaces`, a picture that the user has uploaded stands. Throws what uploads refuse. */
  async fromBytes({ userId, hasUpload }: ImportTarget, bytes: Buffer, replaces: boolean): Promise<ImportOutcome> {
    if (!replaces) return hasUpload ? 'kept' : this.first(userId, bytes);
    const before = (await this.users.snapshot(userId))?.dto.avatar.version;
    const { version } = await this.avatars.put(userId, { bytes, crop: null });
    return version === before ? 'unchanged' : 'imported';
  }

  private async first(userId: string, bytes: Buffer): Promise<ImportOutcome> {
    return (await this.avatars.putFirst(userId, { bytes, crop: null })) ? 'imported' : 'kept';
  }
}

function nullIfUnknown(error: unknown): UserSnapshot | null {
  if (error instanceof AppError && error.status === 404) return null;
  throw error;
}
