// Headers, lengths and metadata that say what is not so.
import { avifOfSides, blankWebp, deflatedZeros, exifOf, gifFrame, gifOf, gifScreen, jpegOfSides, jpegSegment, jpegWith, oneColourVp8l, patched, patchedFrame, pngChunk, pngHeader, pngOf, PNG_END, webpCanvas, webpChunk, webpOf } from './picture-makers.mjs';

const ANY = [200, 415, 422];
const BROKEN = [422];

export async function* lyingHeaders({ jpeg, png, webp, gif, avif }) {
  const lie = (name, bytes, expected = ANY) => ({ kind: 'lying header', name, bytes, expected });
  yield* [...(await pngLies(lie)), ...jpegLies(lie, jpeg), ...gifLies(lie), ...webpLies(lie, webp), ...avifLies(lie, avif)];
  for (const [name, bytes] of [['JPEG', jpeg], ['PNG', png], ['WebP', webp], ['GIF', gif], ['AVIF', avif]]) {
    yield lie(`${name} after a byte`, Buffer.concat([Buffer.from([0]), bytes]), [415, 422]);
    yield lie(`${name} twice`, Buffer.concat([bytes, bytes]));
  }
}

async function pngLies(lie) {
  const rows = pngChunk('IDAT', await deflatedZeros(64 * (64 * 3 + 1)));
  const of = (header) => pngOf(header, rows, PNG_END);
  return [
    ...[[0, 64], [64, 0], [0x7fff_ffff, 1], [0xffff_ffff, 0xffff_ffff], [60_000, 60_000]].map(([width, height]) => lie(`PNG of ${width} × ${height}`, of(pngHeader(width, height)), BROKEN)),
    ...[[3, 2], [8, 7], [0, 0], [16, 3], [255, 255]].map(([bits, colour]) => lie(`PNG of ${bits} bits, colour type ${colour}`, of(pngHeader(64, 64, { bits, colour })), BROKEN)),
    lie('PNG of more rows than there are', of(pngHeader(64, 6_400)), BROKEN),
    lie('PNG without rows', pngOf(pngHeader(64, 64), PNG_END), BROKEN),
    lie('PNG whose end comes first', pngOf(PNG_END, pngHeader(64, 64), rows), BROKEN),
    lie('PNG with two headers', pngOf(pngHeader(64, 64), pngHeader(6_400, 6_400), rows, PNG_END)),
    lie('PNG with a palette missing', of(pngHeader(64, 64, { colour: 3 })), BROKEN),
    lie('PNG with a wrong checksum', pngOf(pngChunk('IHDR', pngHeader(64, 64).subarray(8, 21), { crc: 1 }), rows, PNG_END)),
    lie('PNG with a chunk of 4 GiB', pngOf(pngHeader(64, 64), pngChunk('tEXt', Buffer.from('a\0b'), { length: 0xffff_ffff }), rows, PNG_END)),
    lie('PNG with a chunk of 2 GiB', pngOf(pngHeader(64, 64), pngChunk('IDAT', Buffer.alloc(9), { length: 0x7fff_ffff })), BROKEN),
    lie('PNG with rows that are not deflated', pngOf(pngHeader(64, 64), pngChunk('IDAT', Buffer.alloc(64 * 193)), PNG_END), BROKEN),
  ];
}

function jpegLies(lie, jpeg) {
  const icc = (data) => jpegWith(jpeg, jpegSegment(0xe2, Buffer.concat([Buffer.from('ICC_PROFILE\0\x01\x01', 'latin1'), data])));
  return [
    ...[[0, 0], [64, 0], [0, 64], [65_535, 65_535], [4_000, 4_000]].map(([width, height]) => lie(`JPEG of ${width} × ${height}`, jpegOfSides(jpeg, width, height))),
    ...[0, 2, 4, 255].map((components) => lie(`JPEG of ${components} components`, patchedFrame(jpeg, (copy, at) => (copy[at + 9] = components)))),
    lie('JPEG of 12 bits', patchedFrame(jpeg, (copy, at) => (copy[at + 4] = 12))),
    lie('JPEG sampled 15 by 15', patchedFrame(jpeg, (copy, at) => (copy[at + 11] = 0xff))),
    lie('JPEG of another process', patchedFrame(jpeg, (copy, at) => (copy[at + 1] = 0xc9))),
    ...[0, 9, 65_535].map((orientation) => lie(`JPEG turned by ${orientation}`, jpegWith(jpeg, jpegSegment(0xe1, exifOf(0x0112, orientation))))),
    lie('JPEG whose Exif directory is its own next', jpegWith(jpeg, jpegSegment(0xe1, exifOf(0x0112, 6, 8)))),
    lie('JPEG whose Exif directory lies outside', jpegWith(jpeg, jpegSegment(0xe1, exifOf(0x8769, 0xffff_fff0, 0xffff_fff0)))),
    lie('JPEG with 100 segments of 64 KiB', jpegWith(jpeg, ...Array(100).fill(jpegSegment(0xe1, Buffer.alloc(65_000, 'http://ns.adobe.com/xap/1.0/\0'))))),
    lie('JPEG with a profile of nothing', icc(Buffer.alloc(128))),
    lie('JPEG with a profile of noise', icc(Buffer.concat([Buffer.from([0, 0, 8, 0]), Buffer.alloc(2_000, 'acspRGB XYZ ')]))),
  ];
}

const gifLies = (lie) => [
  lie('GIF of 0 × 0', gifOf(gifScreen(0, 0), gifFrame(64, 64))),
  lie('GIF with a frame of 0 × 0', gifOf(gifScreen(64, 64), gifFrame(0, 0)), [200, 422]),
  lie('GIF on a screen of 65,535 × 65,535', gifOf(gifScreen(65_535, 65_535), gifFrame(64, 64))),
  lie('GIF with a frame outside', gifOf(gifScreen(64, 64), gifFrame(64, 64, { x: 60_000, y: 60_000 }))),
  lie('GIF with a frame larger than its screen', gifOf(gifScreen(64, 64), gifFrame(20_000, 20_000, { pixels: 5_000 }))),
  lie('GIF with too little data', gifOf(gifScreen(64, 64), gifFrame(64, 64, { pixels: 60 }))),
  lie('GIF with far too much data', gifOf(gifScreen(64, 64), gifFrame(64, 64, { pixels: 30_000_000 }))),
  ...[0, 12, 255].map((codeSize) => lie(`GIF with codes of ${codeSize} bits`, gifOf(gifScreen(64, 64), gifFrame(64, 64, { codeSize })))),
  lie('GIF without a frame', gifOf(gifScreen(64, 64)), BROKEN),
  lie('GIF of an unknown year', gifOf(gifScreen(64, 64, { signature: 'GIF90a' }), gifFrame(64, 64)), [422]),
];

const webpLies = (lie, webp) => [
  ...[0, 4, 0x7fff_ffff, 0xffff_ffff].map((length) => {
    const copy = Buffer.from(webp);
    copy.writeUInt32LE(length, 4);
    return lie(`WebP of ${length} bytes`, copy);
  }),
  lie('WebP with a chunk of 4 GiB', webpOf(webpChunk('VP8L', oneColourVp8l(64, 64), { length: 0xffff_fff0 }))),
  lie('WebP on a canvas of 16,777,216 × 16,777,216', webpOf(webpCanvas(2 ** 24, 2 ** 24), webpChunk('VP8L', oneColourVp8l(64, 64))), BROKEN),
  lie('WebP on another canvas', webpOf(webpCanvas(4_000, 4_000), webpChunk('VP8L', oneColourVp8l(64, 64)))),
  lie('WebP on a canvas alone', webpOf(webpCanvas(64, 64)), BROKEN),
  lie('WebP that says it is animated', webpOf(webpCanvas(64, 64, 0x02), webpChunk('VP8L', oneColourVp8l(64, 64)))),
  lie('WebP with a profile, Exif and XMP of nothing', webpOf(webpCanvas(64, 64, 0x2c), webpChunk('ICCP', Buffer.alloc(0)), webpChunk('VP8L', oneColourVp8l(64, 64)), webpChunk('EXIF', Buffer.alloc(0)), webpChunk('XMP ', Buffer.alloc(0)))),
  lie('WebP of 16,384 × 16,384', blankWebp(16_384, 16_384), BROKEN),
];

const avifLies = (lie, avif) => [
  ...[[0, 0], [1, 1], [4_000, 4_000], [0xffff_ffff, 0xffff_ffff]].map(([width, height]) => lie(`AVIF of ${width} × ${height}`, avifOfSides(avif, width, height))),
  ...['iloc', 'iinf', 'iprp', 'ipco', 'ipma', 'pitm', 'hdlr', 'av1C'].flatMap((box) => [
    ...[0, 1, 0xffff_ffff].map((length) => lie(`AVIF whose ${box} has ${length} bytes`, patched(avif, box, (copy, at) => copy.writeUInt32BE(length, at - 4)))),
    lie(`AVIF without ${box}`, patched(avif, box, (copy, at) => copy.write('free', at, 'latin1'))),
    lie(`AVIF whose ${box} is full of ones`, patched(avif, box, (copy, at) => copy.fill(0xff, at + 8, at + 16))),
  ]),
  lie('AVIF that says it is HEVC', patched(avif, 'av01', (copy, at) => copy.write('hvc1', at, 'latin1'))),
  lie('AVIF that says it is a sequence', patched(avif, 'ftypavif', (copy, at) => copy.write('ftypavis', at, 'latin1'))),
];
