import { Inject, Injectable } from '@nestjs/common';
import { APP_CONFIG, type AppConfig } from '../../../kernel/config/index.js';
import { digestOf } from '../../users/index.js';
import { AvatarUsesRepository } from './avatar-uses.repository.js';
import type { KeptPictureDto } from './kept-picture.dto.js';

/** The pictures that are kept for a user: the one that is shown, and earlier ones whose URLs still work. */
@Injectable()
export class PictureHistory {
  constructor(
    private readonly uses: AvatarUsesRepository,
    @Inject(APP_CONFIG) private readonly config: AppConfig,
  ) {}

  async of(userId: string): Promise<KeptPictureDto[]> {
    const rows = await this.uses.ofUser(userId);
    return rows.map(({ pictureKey, createdAt, supersededAt }) => ({
      url: `${this.config.http.publicUrl}/v1/avatars/${digestOf({ pictureKey, defaultKey: null, generatedKey: '' })}/512.webp`,
      shownSince: createdAt.toISOString(),
      supersededAt: supersededAt?.toISOString() ?? null,
    }));
  }
}
