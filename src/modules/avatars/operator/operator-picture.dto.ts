import { ApiProperty } from '@nestjs/swagger';
import { digestOf } from '../../users/index.js';

/** What users who have put no picture are shown with. */
export class OperatorPictureDto {
  /** Changes with the picture; null: none is set, and initials are drawn. */
  @ApiProperty({ type: 'string', nullable: true, example: 'u2-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08' })
  version: string | null;

  /** 256 pixels, WebP; the bytes under it never change. */
  @ApiProperty({ type: 'string', format: 'uri', nullable: true, example: 'https://id.example.test/v1/avatars/u2-9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/256.webp' })
  immutableUrl: string | null;

  /** Whether anybody is shown with it: it is set, and AVATAR_DEFAULT is `picture`. */
  @ApiProperty({ example: true })
  shown: boolean;

  static from(key: string | null, isShown: boolean, publicUrl: string): OperatorPictureDto {
    const version = key === null ? null : digestOf({ pictureKey: key, defaultKey: null, generatedKey: '' });
    return Object.assign(new OperatorPictureDto(), {
      version,
      immutableUrl: version === null ? null : `${publicUrl}/v1/avatars/${version}/256.webp`,
      shown: version !== null && isShown,
    });
  }
}
