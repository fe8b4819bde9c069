const SIGNATURE_BYTES = 8;
/** Length, type and checksum. */
const CHUNK_OVERHEAD_BYTES = 12;

/** Chunks that say more than gAMA does, so that it does not count (PNG, third edition, §13.13). */
const BETTER_THAN_GAMMA = new Set(['iCCP', 'sRGB', 'cICP']);
/** 1/2.2, near enough to what sRGB is. */
const USUAL_GAMMA = 0.45455;
const TOLERANCE = 0.02;

/** Types and places of the chunks of a PNG, the cut off one left out. */
function* chunksOf(png: Buffer): Generator<{ readonly type: string; readonly data: Buffer }> {
  for (let at = SIGNATURE_BYTES; at + CHUNK_OVERHEAD_BYTES <= png.length; ) {
    const length = png.readUInt32BE(at);
    if (at + CHUNK_OVERHEAD_BYTES + length > png.length) return;
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) };
    at += CHUNK_OVERHEAD_BYTES + length;
  }
}

/** Whether the end chunk is there. */
export function hasEnd(png: Buffer): boolean {
  for (const { type } of chunksOf(png)) if (type === 'IEND') return true;
  return false;
}

/** The exponent of a PNG whose samples are neither sRGB nor explained by a profile; null: they are. */
export function oddGammaOf(png: Buffer): number | null {
  let gamma: number | null = null;
  for (const { type, data } of chunksOf(png)) {
    if (BETTER_THAN_GAMMA.has(type)) return null;
    if (type === 'gAMA' && data.length === 4) gamma = data.readUInt32BE(0) / 100_000;
    if (type === 'IDAT') break;
  }
  if (!gamma || Math.abs(gamma - USUAL_GAMMA) <= TOLERANCE) return null;
  return gamma;
}

/** Brings colours of that exponent to the usual one, in place; alpha stays. */
export function correctGamma(pixels: Buffer, channels: number, gamma: number): void {
  const table = Uint8Array.from({ length: 256 }, (_, value) => Math.round(255 * (value / 255) ** (USUAL_GAMMA / gamma)));
  for (let at = 0; at < pixels.length; at += channels) {
    for (let channel = 0; channel < 3; channel += 1) pixels[at + channel] = table[pixels[at + channel]!]!;
  }
}
