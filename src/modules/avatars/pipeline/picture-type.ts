import { itemTypesOf } from './heif-items.js';

/** Types that are taken, as sharp names them. AVIF comes out of its HEIF decoder. */
export type TakenType = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif';

export type PictureType = { readonly kind: 'taken'; readonly type: TakenType } | { readonly kind: 'refused'; readonly name: string } | { readonly kind: 'none' };

const ascii = (bytes: Buffer, from: number, to: number): string => bytes.toString('latin1', from, to);

const SIGNATURES: readonly (readonly [signature: string, type: TakenType])[] = [
  ['\xff\xd8\xff', 'jpeg'],
  ['\x89PNG\r\n\x1a\n', 'png'],
  ['GIF87a', 'gif'],
  ['GIF89a', 'gif'],
];

/** Formats that people do send, so that they are told what is wrong rather than "not an image". */
const REFUSED: readonly (readonly [signature: string, name: string])[] = [
  ['II*\0', 'TIFF'],
  ['MM\0*', 'TIFF'],
  ['II+\0', 'TIFF'],
  ['MM\0+', 'TIFF'],
  ['BM', 'BMP'],
  ['\0\0\x01\0', 'ICO'],
  ['\0\0\x02\0', 'ICO'],
  ['8BPS', 'PSD'],
  ['%PDF', 'PDF'],
  ['%!PS', 'PostScript'],
  ['\xff\x0a', 'JPEG XL'],
  ['\0\0\0\x0cJXL \r\n\x87\n', 'JPEG XL'],
  ['\0\0\0\x0cjP  \r\n\x87\n', 'JPEG 2000'],
  ['\xff\x4f\xff\x51', 'JPEG 2000'],
  ['v/1\x01', 'OpenEXR'],
  ['#?RADIANCE', 'Radiance HDR'],
  ['qoif', 'QOI'],
  ['DDS ', 'DDS'],
  ['icns', 'ICNS'],
  ['/* XPM */', 'XPM'],
  ['\x01\xda', 'SGI'],
  ['farbfeld', 'farbfeld'],
  ['FLIF', 'FLIF'],
  ['BPG\xfb', 'BPG'],
  ['gimp xcf', 'XCF'],
  ['II\xbc\x01', 'JPEG XR'],
  ['\x8aMNG\r\n\x1a\n', 'MNG'],
  ['\x8bJNG\r\n\x1a\n', 'JNG'],
  ['AT&TFORM', 'DjVu'],
  ['\x59\xa6\x6a\x95', 'Sun raster'],
  ['SIMPLE  =', 'FITS'],
];

/** Too short for a signature, so that more of them is looked at. */
const REFUSED_PATTERNS: readonly (readonly [start: RegExp, name: string])[] = [
  [/^P[1-7][\s#]/, 'PNM'],
  [/^P[Ff][\s#]/, 'PFM'],
  [/^\x0a[\0\x02-\x05][\0\x01][\x01\x02\x04\x08]/, 'PCX'],
];

const AVIF_BRANDS = new Set(['avif', 'avis']);
const HEIC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs']);
/** They leave open what is coded in the file. */
const OPEN_BRANDS = new Set(['mif1', 'mif2', 'msf1', 'miaf']);

/** What the first bytes are; names and declared types are never asked. */
export function pictureTypeOf(bytes: Buffer): PictureType {
  const start = ascii(bytes, 0, 16);
  const taken = SIGNATURES.find(([signature]) => start.startsWith(signature));
  if (taken) return { kind: 'taken', type: taken[1] };
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return { kind: 'taken', type: 'webp' };
  if (start.slice(4, 8) === 'ftyp') return brandedType(bytes);
  const refused = REFUSED.find(([signature]) => start.startsWith(signature)) ?? REFUSED_PATTERNS.find(([pattern]) => pattern.test(start));
  if (refused) return { kind: 'refused', name: refused[1] };
  return looksLikeSvg(bytes) ? { kind: 'refused', name: 'SVG' } : { kind: 'none' };
}

/** ISO base media files say what they are in `ftyp`: a major brand, then compatible ones (ISO/IEC 14496-12 §4.3). */
function brandedType(bytes: Buffer): PictureType {
  const end = Math.min(bytes.length, bytes.length >= 4 ? bytes.readUInt32BE(0) : 0, 256);
  const brands: string[] = [ascii(bytes, 8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(ascii(bytes, at, at + 4));
  const isOneOf = (known: ReadonlySet<string>): boolean => brands.some((brand) => known.has(brand));
  if (!isOneOf(AVIF_BRANDS) && !isOneOf(HEIC_BRANDS) && !isOneOf(OPEN_BRANDS)) return { kind: 'none' };
  const items = itemTypesOf(bytes);
  if (items === null) return { kind: 'refused', name: isOneOf(HEIC_BRANDS) ? 'HEIC' : 'AVIF sequence' };
  if (items.has('av01')) return { kind: 'taken', type: 'avif' };
  if (items.has('hvc1') || isOneOf(HEIC_BRANDS)) return { kind: 'refused', name: 'HEIC' };
  return isOneOf(AVIF_BRANDS) ? { kind: 'taken', type: 'avif' } : { kind: 'none' };
}

/** SVG has no signature: a root element, after white space, declarations and comments, in any Unicode encoding. */
function looksLikeSvg(bytes: Buffer): boolean {
  const head = bytes.subarray(0, 4096);
  const text = head.toString('latin1').replaceAll('\0', '').replace(/^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)/, '').trimStart();
  return text.startsWith('<') && /<(?:[a-z_][\w.-]*:)?svg[\s>/]/i.test(text) && !/^<(?:!doctype\s+html|html)/i.test(text);
}
