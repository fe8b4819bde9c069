import sharp, { type Sharp } from 'sharp';

/** All frames of an animation, decoded, one below the other. */
export interface FrameStrip {
  readonly data: Buffer;
  readonly width: number;
  readonly frameHeight: number;
  readonly channels: 3 | 4;
  readonly pages: number;
}

/**
 * Scales each frame by itself, to a square of so many pixels a side. libvips would scale the strip as one picture, in which the edges of
 * neighbouring frames run into each other.
 */
export async function scaledFrames({ data, width, frameHeight, channels, pages }: FrameStrip, side: number, scale: (frame: Sharp) => Sharp): Promise<Sharp> {
  const frameBytes = width * frameHeight * channels;
  const scaled: Buffer[] = [];
  for (let page = 0; page < pages; page += 1) {
    const frame = sharp(data.subarray(page * frameBytes, (page + 1) * frameBytes), { raw: { width, height: frameHeight, channels } });
    scaled.push(await scale(frame).raw().toBuffer());
  }
  return sharp(Buffer.concat(scaled), { raw: { width: side, height: side * pages, channels, pageHeight: side } });
}

/** Decodes all frames. */
export async function stripOf(picture: Sharp, pages: number): Promise<FrameStrip> {
  const { data, info: { width, height, channels } } = await picture.toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  return { data, width, frameHeight: height / pages, channels: channels as 3 | 4, pages };
}
