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
