// Small files that decode to very much, and frames without number.
import sharp from 'sharp';
import { animatedWebp, avifOfSides, blankPng, blankWebp, gifComment, gifFrame, gifOf, gifScreen, jpegOfScans, jpegOfSides, nestedExif, pngChunk, pngHeader, pngOf, PNG_END, deflatedZeros, repeated } from './picture-makers.mjs';

const MEBIBYTE = 1_048_576;
const TOO_MUCH = [422];
/** Within the limit of 50 megapixels: taken, and what decoding costs most. */
const TAKEN = [200];
const EITHER = [200, 422];
const SIDE = 7_000;

const blank = (side, format, options) => sharp({ create: { width: side, height: side, channels: 3, background: '#456' } }).toFormat(format, options).toBuffer();

export async function* bombs() {
  const bomb = (name, bytes, expected = TOO_MUCH) => ({ kind: 'bomb', name, bytes, expected });
  yield bomb('PNG, 12,000 × 12,000, 1 bit', await blankPng(12_000, 12_000, { bits: 1, colour: 0 }));
  yield bomb('WebP, 16,383 × 16,383 in 30 bytes', blankWebp(16_383, 16_383));
  yield bomb('WebP, 7,000 × 7,000 in 30 bytes', blankWebp(SIDE, SIDE), TAKEN);
  yield bomb('GIF, 12,000 × 12,000', gifOf(gifScreen(12_000, 12_000), gifFrame(12_000, 12_000)));
  yield bomb('GIF, 65,535 × 65,535', gifOf(gifScreen(65_535, 65_535), gifFrame(65_535, 65_535, { pixels: 9_000_000 })));
  yield bomb('AVIF that says 65,535 × 65,535', avifOfSides(await blank(64, 'avif'), 65_535, 65_535));
  yield bomb('JPEG that says 65,500 × 65,500', jpegOfSides(await blank(64, 'jpeg'), 65_500, 65_500));
  yield bomb('PNG with a compressed text of 64 MiB', await pngBombIn('zTXt', 'Comment\0\0', 64), EITHER);
  yield bomb('PNG with a colour profile of 64 MiB', await pngBombIn('iCCP', 'profile\0\0', 64), EITHER);
  yield bomb('PNG with 15 compressed texts of 8 MB', pngOf(pngHeader(8, 8), repeated(await zeroText(7_900_000), 15), pngChunk('IDAT', await deflatedZeros(8 * 25)), PNG_END), EITHER);
  yield bomb('PNG with 400,000 parts of nothing', pngOf(pngHeader(8, 8), repeated(pngChunk('IDAT'), 400_000), pngChunk('IDAT', await deflatedZeros(8 * 25)), PNG_END), EITHER);
  yield bomb('JPEG of 101 scans', await jpegOfScans(64, 101));
  yield bomb('JPEG of 2,000 scans', await jpegOfScans(2_000, 2_000));
  yield bomb('JPEG whose Exif directories name each other', await nestedExif());
  yield bomb('GIF of 20,000 frames of one pixel', gifOf(gifScreen(64, 64), repeated(gifFrame(1, 1), 20_000)), EITHER);
  yield bomb('GIF of 500 frames of 4 megapixels', gifOf(gifScreen(2_000, 2_000), repeated(gifFrame(2_000, 2_000), 500)), EITHER);
  yield bomb('WebP of 2,000 frames', animatedWebp(64, 64, 2_000), TAKEN);
  yield bomb('WebP of 2,001 frames', animatedWebp(64, 64, 2_001));
  yield bomb('PNG that says 4,294,967,295 frames', await apng(0xffff_ffff), EITHER);
}

/** What takes seconds, or hundreds of megabytes, to make or to decode. */
export async function* heavyBombs() {
  const bomb = (name, bytes, expected = TOO_MUCH) => ({ kind: 'heavy bomb', name, bytes, expected });
  yield bomb('PNG, 50,000 × 50,000, 1 bit', await blankPng(50_000, 50_000, { bits: 1, colour: 0 }));
  yield bomb('PNG, 30,000 × 30,000, palette', await blankPng(30_000, 30_000, { bits: 8, colour: 0 }));
  yield bomb('PNG, 7,000 × 7,000, 16 bits, alpha', await blankPng(SIDE, SIDE, { bits: 16, colour: 6 }), TAKEN);
  yield bomb('PNG, 7,000 × 7,000, 16 bits, alpha, interlaced', await blankPng(SIDE, SIDE, { bits: 16, colour: 6, interlace: 1 }), TAKEN);
  yield bomb('JPEG, 7,000 × 7,000, progressive', await blank(SIDE, 'jpeg', { progressive: true, chromaSubsampling: '4:4:4' }), TAKEN);
  yield bomb('GIF, 7,000 × 7,000', gifOf(gifScreen(SIDE, SIDE), gifFrame(SIDE, SIDE)), TAKEN);
  yield bomb('AVIF, 7,000 × 7,000', await blank(SIDE, 'avif', { effort: 0 }), TAKEN);
  yield bomb('AVIF, 8,000 × 8,000', await blank(8_000, 'avif', { effort: 0 }));
  yield bomb('PNG, 49,000,000 × 1', await blankPng(49_000_000, 1, { bits: 1, colour: 0 }), EITHER);
  yield bomb('PNG, 1 × 49,000,000', await blankPng(1, 49_000_000, { bits: 1, colour: 0 }), EITHER);
  yield bomb('PNG with a compressed text of 4 GiB', await pngBombIn('zTXt', 'Comment\0\0', 4096), EITHER);
  yield bomb('GIF of 300,000 frames of one pixel on 49 megapixels', gifOf(gifScreen(SIDE, SIDE), repeated(gifFrame(1, 1), 300_000)), EITHER);
  yield bomb('WebP of 100,000 frames on 49 megapixels', animatedWebp(SIDE, SIDE, 100_000));
  yield bomb('JPEG of 118,000 scans', await jpegOfScans(2_000, 118_000));
  yield bomb('PNG with 1,000 compressed texts of 8 MB', pngOf(pngHeader(8, 8), repeated(await zeroText(7_900_000), 1_000), pngChunk('IDAT', await deflatedZeros(8 * 25)), PNG_END), EITHER);
  yield bomb('GIF with a comment of 10 MB', gifOf(gifScreen(64, 64), gifComment('x'.repeat(10_000_000)), gifFrame(64, 64)), EITHER);
}

const zeroText = async (bytes) => pngChunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0', 'latin1'), await deflatedZeros(bytes)]));

const pngBombIn = async (chunk, prefix, mebibytes) =>
  pngOf(pngHeader(8, 8), pngChunk(chunk, Buffer.concat([Buffer.from(prefix, 'latin1'), await deflatedZeros(mebibytes * MEBIBYTE)])), pngChunk('IDAT', await deflatedZeros(8 * 25)), PNG_END);

const apng = async (frames) => {
  const control = Buffer.alloc(8);
  control.writeUInt32BE(frames);
  return pngOf(pngHeader(8, 8), pngChunk('acTL', control), pngChunk('IDAT', await deflatedZeros(8 * 25)), PNG_END);
};
