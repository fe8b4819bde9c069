// Pictures put together byte by byte, so that they can be what no encoder would write. Sizes in pixels.
import { crc32, createDeflate } from 'node:zlib';
import sharp from 'sharp';

const be32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const le16 = (value) => Buffer.from([value & 255, (value >> 8) & 255]);
const le24 = (value) => Buffer.from([value & 255, (value >> 8) & 255, (value >> 16) & 255]);
const le32 = (value) => Buffer.concat([le16(value & 65_535), le16(value >>> 16)]);
const latin = (text) => Buffer.from(text, 'latin1');

export const PNG_SIGNATURE = latin('\x89PNG\r\n\x1a\n');

/** `length` and `crc` lie when they are given. */
export function pngChunk(type, data = Buffer.alloc(0), { length = data.length, crc } = {}) {
  const body = Buffer.concat([latin(type), data]);
  return Buffer.concat([be32(length), body, be32(crc ?? crc32(body))]);
}

export const pngHeader = (width, height, { bits = 8, colour = 2, interlace = 0 } = {}) =>
  pngChunk('IHDR', Buffer.concat([be32(width), be32(height), Buffer.from([bits, colour, 0, 0, interlace])]));

export const pngOf = (...chunks) => Buffer.concat([PNG_SIGNATURE, ...chunks]);
export const PNG_END = pngChunk('IEND');

/** One byte per row says how it is filtered; all is zero, so that it compresses a thousandfold. */
const pngRows = (width, height, bitsPerPixel) => height * (1 + Math.ceil((width * bitsPerPixel) / 8));

/** `count` zeros, deflated without ever being held. */
export async function deflatedZeros(count) {
  const deflate = createDeflate({ level: 9 });
  const parts = [];
  deflate.on('data', (part) => parts.push(part));
  const ended = new Promise((resolve, reject) => deflate.once('end', resolve).once('error', reject));
  const block = Buffer.alloc(1 << 20);
  for (let left = count; left > 0; left -= block.length) {
    if (!deflate.write(left < block.length ? block.subarray(0, left) : block)) await new Promise((resolve) => deflate.once('drain', resolve));
  }
  deflate.end();
  await ended;
  return Buffer.concat(parts);
}

/** A whole PNG in one colour. */
export async function blankPng(width, height, { bits = 8, colour = 2, interlace = 0 } = {}) {
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour];
  const passes = interlace ? adam7(width, height) : [[width, height]];
  const size = passes.reduce((sum, [columns, rows]) => sum + (columns && rows ? pngRows(columns, rows, bits * channels) : 0), 0);
  return pngOf(pngHeader(width, height, { bits, colour, interlace }), pngChunk('IDAT', await deflatedZeros(size)), PNG_END);
}

const adam7 = (width, height) =>
  [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]].map(([x, y, dx, dy]) => [Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)]);

/** LZW codes (GIF89a, appendix F) of so many pixels of colour 0. */
function lzwOfOneColour(pixels) {
  const [clear, end, bytes] = [4, 5, []];
  let [bits, held] = [0, 0];
  const put = (code, width) => {
    held |= code << bits;
    for (bits += width; bits >= 8; bits -= 8, held >>>= 8) bytes.push(held & 255);
  };
  let left = pixels;
  while (left > 0) {
    put(clear, 3);
    put(0, 3);
    left -= 1;
    // The decoder learns the code that covers one pixel more with each code that it reads.
    for (let [code, width, run] = [6, 3, 2]; left > 0 && code < 4096; code += 1, run += 1) {
      if (code === 1 << width) width += 1;
      if (run > left) {
        put(0, width);
        left -= 1;
        continue;
      }
      put(code, width);
      left -= run;
    }
  }
  put(clear, 12);
  put(end, 3);
  if (bits > 0) bytes.push(held & 255);
  return Buffer.from(bytes);
}

function gifBlocks(data) {
  const parts = [];
  for (let at = 0; at < data.length; at += 255) {
    const block = data.subarray(at, at + 255);
    parts.push(Buffer.from([block.length]), block);
  }
  return Buffer.concat([...parts, Buffer.from([0])]);
}

export const gifScreen = (width, height, { signature = 'GIF89a' } = {}) => Buffer.concat([latin(signature), le16(width), le16(height), Buffer.from([0x80, 0, 0, 255, 0, 0, 0, 0, 255])]);

/** `pixels`: how many the data really has. */
export const gifFrame = (width, height, { x = 0, y = 0, pixels = width * height, codeSize = 2 } = {}) =>
  Buffer.concat([latin(','), le16(x), le16(y), le16(width), le16(height), Buffer.from([0, codeSize]), gifBlocks(lzwOfOneColour(pixels))]);

export const gifComment = (text) => Buffer.concat([Buffer.from([0x21, 0xfe]), gifBlocks(latin(text))]);
export const gifOf = (...parts) => Buffer.concat([...parts, latin(';')]);

export const webpChunk = (type, data, { length = data.length } = {}) => Buffer.concat([latin(type), le32(length), data, Buffer.alloc(data.length % 2)]);
export const webpOf = (...chunks) => {
  const body = Buffer.concat([latin('WEBP'), ...chunks]);
  return Buffer.concat([latin('RIFF'), le32(body.length), body]);
};

/** The data of a VP8L chunk in one colour: codes of no bits at all, so that any size takes the same few bytes. */
export function oneColourVp8l(width, height) {
  const bits = [];
  const put = (value, count) => {
    for (let bit = 0; bit < count; bit += 1) bits.push(Math.floor(value / 2 ** bit) & 1);
  };
  put(0x2f, 8);
  put(width - 1, 14);
  put(height - 1, 14);
  put(0, 1 + 3); // alpha is not used; version 0
  put(0, 3); // no transform, no colour cache, no meta prefix codes
  for (const symbol of [40, 200, 90, 255, 0]) {
    put(1, 1); // a simple code
    put(0, 1); // of one symbol
    put(1, 1); // of eight bits
    put(symbol, 8);
  }
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  bits.forEach((bit, at) => (bytes[at >> 3] |= bit << (at & 7)));
  return bytes;
}

export const blankWebp = (width, height) => webpOf(webpChunk('VP8L', oneColourVp8l(width, height)));

export const webpCanvas = (width, height, flags = 0) => webpChunk('VP8X', Buffer.concat([Buffer.from([flags, 0, 0, 0]), le24(width - 1), le24(height - 1)]));
const ANIMATED = 0x02;

/** `frames` frames of one pixel on a canvas. */
export function animatedWebp(width, height, frames) {
  const frame = webpChunk('ANMF', Buffer.concat([le24(0), le24(0), le24(0), le24(0), le24(1), Buffer.from([0]), webpChunk('VP8L', oneColourVp8l(1, 1))]));
  return webpOf(webpCanvas(width, height, ANIMATED), webpChunk('ANIM', Buffer.alloc(6)), repeated(frame, frames));
}

export const repeated = (bytes, times) => Buffer.alloc(bytes.length * times, bytes);

/** A copy in which every box or marker of this kind is changed. */
export function patched(bytes, marker, change) {
  const copy = Buffer.from(bytes);
  for (let at = copy.indexOf(marker, 0, 'latin1'); at >= 0; at = copy.indexOf(marker, at + 1, 'latin1')) change(copy, at);
  return copy;
}

/** AVIF that says other sides than its pictures have (ISO/IEC 23008-12 §6.5.3, ispe). */
export const avifOfSides = (avif, width, height) =>
  patched(avif, 'ispe', (copy, at) => {
    copy.writeUInt32BE(width, at + 8);
    copy.writeUInt32BE(height, at + 12);
  });

/** JPEG that says other sides than its data has. */
export const jpegOfSides = (jpeg, width, height) => patchedFrame(jpeg, (copy, at) => {
  copy.writeUInt16BE(height, at + 5);
  copy.writeUInt16BE(width, at + 7);
});

/** Changes at the first start-of-frame marker. */
export function patchedFrame(jpeg, change) {
  const copy = Buffer.from(jpeg);
  let at = 2;
  while (at + 4 < copy.length && ![0xc0, 0xc1, 0xc2].includes(copy[at + 1])) at += 2 + copy.readUInt16BE(at + 2);
  change(copy, at);
  return copy;
}

/** An application segment right after the start of a JPEG. */
export const jpegWith = (jpeg, ...segments) => Buffer.concat([jpeg.subarray(0, 2), ...segments, jpeg.subarray(2)]);
export const jpegSegment = (marker, data) => Buffer.concat([Buffer.from([0xff, marker, (data.length + 2) >> 8, (data.length + 2) & 255]), data]);

/** Exif data with one entry in little-endian order; `next` is where the next directory lies (8: this one again). */
export const exifOf = (tag, value, next = 0) =>
  Buffer.concat([latin('Exif\0\0II*\0'), le32(8), le16(1), le16(tag), le16(3), le32(1), le32(value), le32(next)]);

const blankJpeg = (side, options) => sharp({ create: { width: side, height: side, channels: 3, background: '#fff' } }).jpeg({ chromaSubsampling: '4:4:4', ...options }).toBuffer();

/** A progressive JPEG whose last scan comes again and again. */
export async function jpegOfScans(side, scans) {
  const jpeg = await blankJpeg(side, { progressive: true });
  const last = jpeg.lastIndexOf('\xff\xda', undefined, 'latin1');
  return Buffer.concat([jpeg.subarray(0, last), repeated(jpeg.subarray(last, -2), scans), Buffer.from([0xff, 0xd9])]);
}

/** A small JPEG with 60 kB of Exif data: thousands of entries that all name the directory they stand in. */
export async function nestedExif() {
  const entry = Buffer.concat([le16(0x8769), le16(4), le32(1), le32(8)]);
  const entries = 4_990;
  const exif = Buffer.concat([latin('Exif\0\0II*\0'), le32(8), le16(entries), repeated(entry, entries), le32(0)]);
  return jpegWith(await blankJpeg(64), jpegSegment(0xe1, exif));
}
