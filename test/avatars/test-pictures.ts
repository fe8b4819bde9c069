import type { Colour, Sharp } from 'sharp';
import { DecoderPool } from '../../src/modules/avatars/decoding/decoder-pool.js';
import sharp from '../kit/unblocked-sharp.js';

/** As it is by default, with time for a busy machine. Close it. */
export const decoderPool = (limits: Partial<ConstructorParameters<typeof DecoderPool>[0]> = {}): DecoderPool => new DecoderPool({ timeoutMs: 60_000, memoryBytes: 536_870_912, ...limits });

/** A picture in four flat colours, so that orientation and crop show: red, green / blue, white, `width` × `height` pixels. */
export function quarters(width: number, height: number): Sharp {
  const raw = Buffer.alloc(width * height * 3);
  const colours = [[220, 20, 20], [20, 180, 20], [20, 20, 220], [250, 250, 250]] as const;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const colour = colours[(y * 2 >= height ? 2 : 0) + (x * 2 >= width ? 1 : 0)]!;
      raw.set(colour, (y * width + x) * 3);
    }
  }
  return sharp(raw, { raw: { width, height, channels: 3 } });
}

/** Noise that compresses badly, as a photograph does. */
export function noise(width: number, height: number): Sharp {
  const raw = Buffer.alloc(width * height * 3);
  let state = 12345;
  for (let at = 0; at < raw.length; at += 1) {
    state = (state * 1103515245 + 12345) & 0x7fffffff;
    raw[at] = state >> 16;
  }
  return sharp(raw, { raw: { width, height, channels: 3 } });
}

export const flat = (width: number, height: number, background: Colour): Sharp =>
  sharp({ create: { width, height, channels: 4, background } });

/** The colour in the middle of each quarter: top left, top right, bottom left, bottom right. */
export async function cornersOf(bytes: Buffer): Promise<number[][]> {
  const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
  const at = (x: number, y: number): number[] => [...data.subarray((y * info.width + x) * info.channels, (y * info.width + x) * info.channels + info.channels)];
  const [near, far] = [Math.floor(info.width / 4), Math.floor((info.width * 3) / 4)];
  return [at(near, near), at(far, near), at(near, far), at(far, far)];
}

/** The largest difference of any channel of two colours. */
export const distance = (one: readonly number[], other: readonly number[]): number =>
  Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? value))));
