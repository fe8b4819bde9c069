import type { DecodePlan, PictureFacts } from './decoder-messages.js';

const MEBIBYTE = 1_048_576;

/** What any picture may take beyond its pixels: code that is loaded when first used, buffers of rows, the answer. */
export const FIXED_BYTES = 64 * MEBIBYTE;

/**
 * Memory that a picture needs to be decoded at most, in bytes. Multiples of all its pixels as they are in memory ("held"), from
 * measurements of 49 megapixels each, wide, tall, turned and cropped (docs/pictures.md has the table):
 * JPEG 0.1–5.3 bytes a pixel, progressive 9.3; PNG up to 9.7 with 16 bits and alpha; WebP 8.4; GIF 5.3; AVIF 18.6, and 25.5 beyond 8 bits.
 */
export function decodingBytes(facts: PictureFacts, { isMoving, covered }: Pick<DecodePlan, 'isMoving' | 'covered'>): number {
  const pixels = facts.width * facts.height * (isMoving ? facts.pages : 1);
  const held = facts.channels * facts.bytesPerChannel;
  // A second copy is turned, taken apart into frames, or put on a transparent ground.
  const copied = facts.orientation > 1 || isMoving ? held : covered ? 8 : 0;
  return FIXED_BYTES + Math.ceil(pixels * (perPixel(facts, held) + copied));
}

function perPixel({ format, channels, bytesPerChannel, isProgressive }: PictureFacts, held: number): number {
  switch (format) {
    case 'jpeg':
      return 1.8 * held + (isProgressive ? 2 * channels : 0); // all coefficients, two bytes each
    case 'png':
      return 1.25 * held;
    case 'webp':
      return 2.2 * held;
    case 'gif':
      return 1.5 * held;
    default:
      return 1.25 * held + (bytesPerChannel > 1 ? 20 : 14); // the planes of AV1, those of libheif, and the pixels
  }
}
