import { ApiProperty } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsIn, IsOptional, IsUUID } from 'class-validator';
import { AVATAR_SIZES } from '../../users/index.js';
import { PICTURE_FORMATS, type PictureFormat } from '../pipeline/picture-variant.js';

export const MAX_SIGNED_IDS = 100;

export class SignedUrlsRequestDto {
  @ApiProperty({ type: 'array', items: { type: 'string', format: 'uuid' }, maxItems: MAX_SIGNED_IDS })
  @IsArray()
  @ArrayMaxSize(MAX_SIGNED_IDS)
  @IsUUID('all', { each: true })
  ids: string[];

  /** Without it, WebP. */
  @ApiProperty({ enum: PICTURE_FORMATS, required: false, default: 'webp' })
  @IsOptional()
  @IsIn(PICTURE_FORMATS)
  format?: PictureFormat;
}

export class SignedAvatarDto {
  @ApiProperty({ format: 'uuid' })
  id: string;

  /** Changes with the picture. */
  @ApiProperty({ example: 'g1-0f3c5a2b9d8e7f601122334455667788' })
  version: string;

  /** 256 pixels. */
  @ApiProperty({ format: 'uri' })
  url: string;

  /** By size in pixels. */
  @ApiProperty({
    type: 'object',
    // `required` below is of the object's own fields.
    selfRequired: true,
    properties: Object.fromEntries(AVATAR_SIZES.map((size) => [String(size), { type: 'string', format: 'uri' }])),
    required: AVATAR_SIZES.map(String),
    additionalProperties: false,
  })
  sizes: Record<string, string>;
}

export class SignedUrlsDto {
  /** In the order asked for, each once. */
  @ApiProperty({ type: () => [SignedAvatarDto] })
  items: SignedAvatarDto[];

  /** The ids that no user has. */
  @ApiProperty({ type: 'array', items: { type: 'string', format: 'uuid' } })
  missing: string[];

  /** When all these URLs expire. */
  @ApiProperty({ format: 'date-time' })
  expiresAt: string;
}
