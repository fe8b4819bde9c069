import { ApiProperty } from '@nestjs/swagger';
import { digestOf, type PictureKeys } from './picture-name.js';
import type { Plain } from './plain.js';

export const AVATAR_SIZES = [32, 64, 128, 256, 512] as const;

export class AvatarDto {
  /** Whether the user put this picture; else it was drawn from the user's name, or is the one that the operator gives to all who have none. */
  @ApiProperty({ enum: ['uploaded', 'generated'], example: 'generated' })
  kind: 'uploaded' | 'generated';

  /** Changes with the picture. */
  @ApiProperty({ example: 'g1-0f3c5a2b9d8e7f601122334455667788' })
  version: string;

  /** Stable: always the current picture, to be revalidated at each use. */
  @ApiProperty({ format: 'uri', example: 'https://id.example.test/v1/users/01938f3c-7a10-7c3e-9a52-3f2b8d1c4e55/avatar' })
  url: string;

  /** 256 pixels, WebP; the bytes under it never change. */
  @ApiProperty({ format: 'uri', example: 'https://id.example.test/v1/avatars/g1-0f3c5a2b9d8e7f601122334455667788/256.webp' })
  immutableUrl: string;

  /** Immutable WebP URLs by size in pixels. */
  @ApiProperty({
    type: 'object',
    // `required` below is of the object's own fields.
    selfRequired: true,
    properties: Object.fromEntries(AVATAR_SIZES.map((size) => [String(size), { type: 'string', format: 'uri' }])),
    required: AVATAR_SIZES.map(String),
    additionalProperties: false,
  })
  sizes: Record<string, string>;

  static from(user: { readonly id: string } & PictureKeys, publicUrl: string): AvatarDto {
    const digest = digestOf(user);
    const immutable = (size: number): string => `${publicUrl}/v1/avatars/${digest}/${size}.webp`;
    return Object.assign(new AvatarDto(), {
      kind: user.pictureKey === null ? 'generated' : 'uploaded',
      version: digest,
      url: `${publicUrl}/v1/users/${user.id}/avatar`,
      immutableUrl: immutable(256),
      sizes: Object.fromEntries(AVATAR_SIZES.map((size) => [String(size), immutable(size)])),
    } satisfies Plain<AvatarDto>);
  }
}
