import { Problem } from '../service/problem';
import { settings } from '../settings';

/** What the service would refuse after the upload is refused before it, in the same words. */
export const refusalBeforehand = ({ size }: Blob): Problem | null => (size > settings.avatarMaxBytes ? new Problem(413, 'avatar.too_large', '') : null);

export const refusalOfPixels = (width: number, height: number): Problem | null => (width * height > settings.avatarMaxPixels ? new Problem(422, 'avatar.too_many_pixels', '') : null);

/** For the file dialog; the service decides by the bytes. */
export const ACCEPTED = 'image/jpeg,image/png,image/webp,image/gif,image/avif';
