/*
 * Encoders have written alpha of AVIF in limited range (16 to 235), as video has it. libheif takes it for the full range, so that what is opaque comes out as 235 of 255.
 */

const SEQUENCE_HEADER = 1;
const LIMITED_MIN = 16;
const LIMITED_SPAN = 219;

/** Whether the grey picture in these OBUs is coded in limited range (AV1 specification §5.5). Sequence headers of still pictures alone are understood. */
export function isLimitedRange(obus: Buffer): boolean {
  for (let at = 0; at < obus.length; ) {
    const head = obus[at]!;
    at += head & 0b100 ? 2 : 1; // an extension
    let size = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = obus[at++] ?? 0;
      size += (byte & 0x7f) << shift;
      if (byte < 0x80) break;
    }
    if (((head >> 3) & 15) === SEQUENCE_HEADER) return isLimitedHeader(obus.subarray(at, at + size));
    at += size;
  }
  return false;
}

function isLimitedHeader(header: Buffer): boolean {
  let at = 0;
  const bits = (count: number): number => {
    let value = 0;
    for (let left = count; left > 0; left -= 1, at += 1) value = value * 2 + (((header[at >> 3] ?? 0) >> (7 - (at & 7))) & 1);
    return value;
  };
  const profile = bits(3);
  const [, isReduced] = [bits(1), bits(1)];
  if (!isReduced) return false;
  bits(5); // level
  const [widthBits, heightBits] = [bits(4) + 1, bits(4) + 1];
  bits(widthBits + heightBits + 6); // sizes, three tools, superres, CDEF, restoration
  const isDeep = bits(1);
  if (profile === 2 && isDeep) bits(1);
  const isGrey = profile !== 1 && bits(1) === 1;
  if (bits(1)) bits(24); // primaries, transfer, matrix
  return isGrey && at < header.length * 8 && bits(1) === 0;
}

/** Stretches the alpha of RGBA pixels from limited to full range, in place. */
export function stretchAlpha(pixels: Buffer): void {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => (value - LIMITED_MIN) * (255 / LIMITED_SPAN));
  for (let at = 3; at < pixels.length; at += 4) pixels[at] = table[pixels[at]!]!;
}
