import { Problem } from '../service/problem';
import { settings } from '../settings';
import type { PictureKind } from './kind';

/** What the service would refuse after the upload is refused before it, in the same words. */
export const refusalBeforehand = ({ size }: Blob, kind: PictureKind): Problem | null => {
  if (size > settings.avatarMaxBytes) return new Problem(413, 'avatar.too_large', '');
  if (kind === 'heic') return new Problem(415, 'avatar.heic', '');
  return kind === 'other' ? new Problem(415, 'avatar.unsupported_type', '') : null;
};

/** Of a picture that this browser cannot decode: AVIF is new to some, everything else is broken. */
export const refusalOfUnreadable = (kind: PictureKind): Problem | null => (kind === 'avif' ? null : new Problem(422, 'avatar.not_an_image', ''));

export const refusalOfPixels = (width: number, height: number): Problem | null => (width * height > settings.avatarMaxPixels ? new Problem(422, 'avatar.too_many_pixels', '') : null);

/** For the file dialog; the service decides by the bytes. */
export const ACCEPTED = 'image/jpeg,image/png,image/webp,image/gif,image/avif';
