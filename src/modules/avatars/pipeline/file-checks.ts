import { avatarCutOff, avatarTooManyScans } from '../avatars.errors.js';
import { outlineOf as outlineOfGif, type GifFrame } from '../decoding/gif-blocks.js';
import { outlineOf as outlineOfJpeg } from '../decoding/jpeg-markers.js';
import { hasEnd } from '../decoding/png-chunks.js';
import type { TakenType } from './picture-type.js';
import { requireFewFrames } from './webp-frames.js';

/** Files that pictures are made in have about ten. Each scan passes over the whole picture: 2,000 of them, in 270 kB, take 13 s. */
const MAX_JPEG_SCANS = 100;

/**
 * What is seen without decoding: bombs that are cheap to see, and files that end before their end mark. One rule for all types: a file that is cut off
 * is refused, and be it by its last byte. Decoders differ there, and fill up with grey what is missing. Those of WebP and AVIF refuse such files themselves.
 *
 * @throws AppError avatar.not_an_image, avatar.too_many_frames
 */
export function requireDecodable(upload: Buffer, type: TakenType): void {
  if (type === 'webp') requireFewFrames(upload);
  if (type === 'jpeg') requireWholeJpeg(upload);
  if (type === 'png' && !hasEnd(upload)) throw avatarCutOff();
  if (type === 'gif' && !outlineOfGif(upload).isWhole) throw avatarCutOff();
}

function requireWholeJpeg(upload: Buffer): void {
  const { scans, isWhole } = outlineOfJpeg(upload, MAX_JPEG_SCANS);
  if (scans > MAX_JPEG_SCANS) throw avatarTooManyScans(MAX_JPEG_SCANS);
  if (!isWhole) throw avatarCutOff();
}

/** The first frame of a GIF, if it leaves some of the screen open. */
export function openFrameOf(gif: Buffer): GifFrame | null {
  const { width, height, firstFrame } = outlineOfGif(gif);
  if (!firstFrame) return null;
  const left = Math.min(firstFrame.left, width);
  const top = Math.min(firstFrame.top, height);
  const frame = { left, top, width: Math.min(firstFrame.width, width - left), height: Math.min(firstFrame.height, height - top) };
  const isOpen = frame.width < width || frame.height < height;
  return isOpen && frame.width > 0 && frame.height > 0 ? frame : null;
}
