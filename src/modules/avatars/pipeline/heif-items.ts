/*
 * What is coded in a HEIF file (ISO/IEC 23008-12, of which AVIF and HEIC are kinds). Its brands leave that open (`mif1` is both), and libvips
 * goes by the first brand; so the items are asked.
 */

const BOX_HEADER_BYTES = 8;
const FULL_BOX_BYTES = 4;

interface Box {
  readonly type: string;
  readonly data: Buffer;
}

/** The boxes in these bytes, up to the first that is none. */
function* boxesIn(bytes: Buffer): Generator<Box> {
  for (let at = 0; at + BOX_HEADER_BYTES <= bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    const end = length === 0 ? bytes.length : at + length;
    if (end < at + BOX_HEADER_BYTES) return; // of more than 4 GiB, or no box
    yield { type: bytes.toString('latin1', at + 4, at + 8), data: bytes.subarray(at + BOX_HEADER_BYTES, end) };
    at = end;
  }
}

const dataOf = (bytes: Buffer, type: string): Buffer | null => {
  for (const box of boxesIn(bytes)) if (box.type === type) return box.data;
  return null;
};

/** `infe` boxes of version 2 and 3 say what their item is: `av01`, `hvc1`, `grid`, `Exif`. */
function itemTypeOf({ type, data }: Box): string[] {
  const at = data[0] === 2 ? 8 : data[0] === 3 ? 10 : null;
  return type === 'infe' && at !== null ? [data.toString('latin1', at, at + 4)] : [];
}

/** Types of the items. Null: the file has no still pictures, only a film (`moov`). */
export function itemTypesOf(heif: Buffer): ReadonlySet<string> | null {
  const meta = dataOf(heif, 'meta');
  if (!meta) return dataOf(heif, 'moov') ? null : new Set();
  const items = dataOf(meta.subarray(FULL_BOX_BYTES), 'iinf');
  if (!items) return new Set();
  const countBytes = items[0] === 0 ? 2 : 4;
  return new Set([...boxesIn(items.subarray(FULL_BOX_BYTES + countBytes))].flatMap(itemTypeOf));
}

/** Coded bytes of the first item that belongs to another as its alpha (or depth). Null: there is none, or it does not stand in this file as one piece. */
export function auxiliaryItemOf(heif: Buffer): Buffer | null {
  const meta = dataOf(heif, 'meta')?.subarray(FULL_BOX_BYTES);
  const reference = meta && dataOf(dataOf(meta, 'iref')?.subarray(FULL_BOX_BYTES) ?? Buffer.alloc(0), 'auxl');
  const locations = meta && dataOf(meta, 'iloc');
  if (!reference || reference.length < 2 || !locations) return null;
  try {
    return bytesOfItem(heif, locations, reference.readUInt16BE(0));
  } catch (error) {
    if (error instanceof RangeError) return null; // the box ends too early
    throw error;
  }
}

/** Reads `iloc` (ISO/IEC 14496-12 §8.11.3). @throws RangeError */
function bytesOfItem(heif: Buffer, iloc: Buffer, wanted: number): Buffer | null {
  let at = 0;
  const read = (bytes: number): number => (at += bytes, bytes === 0 ? 0 : iloc.readUIntBE(at - bytes, bytes));
  const version = read(1);
  at = FULL_BOX_BYTES;
  const sizes = [read(1), read(1)].flatMap((byte) => [byte >> 4, byte & 15]);
  const [offsetBytes = 0, lengthBytes = 0, baseBytes = 0, indexBytes = 0] = sizes;
  if (version > 2 || sizes.some((bytes) => bytes > 6)) return null;
  for (let left = read(version < 2 ? 2 : 4); left > 0; left -= 1) {
    const item = read(version < 2 ? 2 : 4);
    const method = version === 0 ? 0 : read(2);
    at += 2; // of another file
    const base = read(baseBytes);
    const extents = read(2);
    const [offset, length] = extents > 0 ? (read(version === 0 ? 0 : indexBytes), [base + read(offsetBytes), read(lengthBytes)]) : [0, 0];
    if (item === wanted) return method === 0 && extents === 1 ? heif.subarray(offset, offset + length) : null;
    at += Math.max(0, extents - 1) * ((version === 0 ? 0 : indexBytes) + offsetBytes + lengthBytes);
  }
  return null;
}
