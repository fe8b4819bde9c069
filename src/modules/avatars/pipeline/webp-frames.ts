import { avatarTooManyFrames } from '../avatars.errors.js';

/**
 * libvips asks libwebp for each frame by its number, and libwebp counts from the first each time: measured, 10,000 frames take 0.7 s, and 100,000
 * frames 90 s, before anything is decoded and out of reach of sharp's time limit.
 */
const MAX_WEBP_FRAMES = 2_000;

const RIFF_HEADER_BYTES = 12;
const CHUNK_HEADER_BYTES = 8;

/** Walks the chunks of a WebP container (RFC 9649 §2.3) without decoding. Throws 422 `avatar.too_many_frames`. */
export function requireFewFrames(webp: Buffer): void {
  let frames = 0;
  for (let at = RIFF_HEADER_BYTES; at + CHUNK_HEADER_BYTES <= webp.length; ) {
    if (webp.toString('latin1', at, at + 4) === 'ANMF' && (frames += 1) > MAX_WEBP_FRAMES) throw avatarTooManyFrames(MAX_WEBP_FRAMES);
    const size = webp.readUInt32LE(at + 4);
    at += CHUNK_HEADER_BYTES + size + (size % 2);
  }
}
