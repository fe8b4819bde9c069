import type { PictureFacts } from '../decoding/decoder-messages.js';

/** What an animation may take to be kept; a second of film, or a short loop. Beyond any of these its first frame is kept. */
const ANIMATION_BUDGET = {
  frames: 100,
  /** Of all frames together, as they are kept: 64 frames of 512 × 512. */
  pixels: 16_777_216,
  /** From the first frame to the last. */
  durationMs: 30_000,
} as const;

/** Whether an animated source is kept as one; `side` is that of the kept square, `maxPixels` bounds all frames of the source together. */
export function isKeptMoving({ pages, width, height, delays, orientation }: PictureFacts, side: number, maxPixels: number): boolean {
  // libvips turns single pictures only.
  if (pages < 2 || orientation !== 1) return false;
  const durationMs = delays.reduce((sum, each) => sum + each, 0);
  const { frames, pixels, durationMs: longestMs } = ANIMATION_BUDGET;
  return pages <= frames && pages * side * side <= pixels && durationMs <= longestMs && pages * width * height <= maxPixels;
}
