/** A rectangle of a GIF's screen, in pixels. */
export interface GifFrame {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface GifOutline {
  readonly width: number;
  readonly height: number;
  readonly firstFrame: GifFrame | null;
  /** False when the file ends before its trailer. */
  readonly isWhole: boolean;
}

const SCREEN_BYTES = 13;
const FRAME_BYTES = 10;
const [EXTENSION, IMAGE] = [0x21, 0x2c];

const tableBytes = (flags: number): number => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);

/** Walks the blocks of a GIF (GIF89a, appendix A) without decoding, in time proportional to its bytes. What is no block at all is left to the decoder. */
export function outlineOf(gif: Buffer): GifOutline {
  if (gif.length < SCREEN_BYTES) return { width: 0, height: 0, firstFrame: null, isWhole: false };
  const screen = { width: gif.readUInt16LE(6), height: gif.readUInt16LE(8) };
  let firstFrame: GifFrame | null = null;
  let at = SCREEN_BYTES + tableBytes(gif[10]!);
  while (at < gif.length) {
    const kind = gif[at]!;
    if (kind === EXTENSION) at = behindBlocks(gif, at + 2);
    else if (kind === IMAGE && at + FRAME_BYTES <= gif.length) {
      firstFrame ??= { left: gif.readUInt16LE(at + 1), top: gif.readUInt16LE(at + 3), width: gif.readUInt16LE(at + 5), height: gif.readUInt16LE(at + 7) };
      at = behindBlocks(gif, at + FRAME_BYTES + tableBytes(gif[at + 9]!) + 1);
    } else return { ...screen, firstFrame, isWhole: kind !== IMAGE }; // the trailer, or no block
  }
  return { ...screen, firstFrame, isWhole: false };
}

function behindBlocks(gif: Buffer, start: number): number {
  let at = start;
  while (at < gif.length && gif[at] !== 0) at += 1 + gif[at]!;
  return at + 1;
}
