import { AVATAR_SIZES } from '../../users/index.js';

/** Sides of the squares that are served, in pixels, ascending: those that the user object names. */
export const PICTURE_SIZES = AVATAR_SIZES;
export type PictureSize = (typeof PICTURE_SIZES)[number];

/** Served formats, the preferred one first. */
export const PICTURE_FORMATS = ['webp', 'avif', 'png', 'jpeg'] as const;
export type PictureFormat = (typeof PICTURE_FORMATS)[number];

export const LARGEST_SIZE: PictureSize = 512;

/** Which square, encoded how. */
export interface PictureVariant {
  readonly size: PictureSize;
  readonly format: PictureFormat;
}

export const contentTypeOf = (format: PictureFormat): string => `image/${format}`;
