// What is no picture and says it is one, what is one and something else too, and names that are not names.
import { deflateRawSync, gzipSync } from 'node:zlib';
import { gifComment, gifFrame, gifOf, gifScreen, jpegSegment, jpegWith, pngChunk, PNG_SIGNATURE, webpChunk } from './picture-makers.mjs';

const latin = (text) => Buffer.from(text, 'latin1');
const LIMIT = 10_485_760;

/** No answer of the service may ever say this. */
export const PAYLOAD = 'POLYGLOT';
const HTML = `<html><body><script>alert('${PAYLOAD}')</script></body></html>`;
const SCRIPT = `*/=1;alert('${PAYLOAD}')//`;

function zip() {
  const name = latin(`${PAYLOAD}.html`);
  const data = deflateRawSync(latin(HTML));
  const common = Buffer.from([20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
  const sizes = Buffer.alloc(8);
  sizes.writeUInt32LE(data.length, 0);
  sizes.writeUInt32LE(HTML.length, 4);
  const local = Buffer.concat([latin('PK\x03\x04'), common, sizes, Buffer.from([name.length, 0, 0, 0]), name, data]);
  const central = Buffer.concat([latin('PK\x01\x02\x14\0'), common, sizes, Buffer.from([name.length, 0]), Buffer.alloc(16), name]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  [1, 1].forEach((count, at) => end.writeUInt16LE(count, 8 + 2 * at));
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

/** Pictures that are something else too: they are taken, or refused, and nothing but the picture comes out again. */
export function* polyglots({ jpeg, png, webp, gif, avif }) {
  const both = (name, bytes, type = 'text/html') => ({ kind: 'polyglot', name, bytes, type, expected: [200, 415, 422] });
  const pictures = { jpeg, png, webp, gif, avif };
  for (const [format, picture] of Object.entries(pictures)) {
    yield both(`${format} and HTML after it`, Buffer.concat([picture, latin(HTML)]));
    yield both(`${format} and a ZIP after it`, Buffer.concat([picture, zip()]), 'application/zip');
    yield both(`${format} and JavaScript after it`, Buffer.concat([picture, latin(SCRIPT)]), 'text/javascript');
    yield { ...both(`HTML before ${format}`, Buffer.concat([latin(HTML), picture])), expected: [422] };
    yield { ...both(`a ZIP before ${format}`, Buffer.concat([zip(), picture]), 'application/zip'), expected: [422] };
  }
  yield both('GIF that is JavaScript', gifOf(gifScreen(0x2a2f, 0x0a), gifComment(SCRIPT), gifFrame(64, 10)), 'text/javascript'); // GIF89a/*
  yield both('JPEG with HTML in a comment', jpegWith(jpeg, jpegSegment(0xfe, latin(HTML))));
  yield both('JPEG that is JavaScript', jpegWith(jpeg, jpegSegment(0xe0, latin(`/*${' '.repeat(0x2f2a - 30)}${SCRIPT}`))), 'text/javascript');
  yield both('PNG with HTML in a text', Buffer.concat([png.subarray(0, 33), pngChunk('tEXt', latin(`Comment\0${HTML}`)), png.subarray(33)]));
  yield both('PNG with PHP in a text', Buffer.concat([png.subarray(0, 33), pngChunk('tEXt', latin(`Comment\0<?php echo '${PAYLOAD}'; ?>`)), png.subarray(33)]), 'application/x-httpd-php');
  yield both('WebP with HTML in a chunk', Buffer.concat([webp, webpChunk('HTML', latin(HTML))]));
  yield both('AVIF with HTML in a box', Buffer.concat([avif, Buffer.from([0, 0, 0, 8 + HTML.length]), latin(`free${HTML}`)]));
}

const SVG = `<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><script>alert('${PAYLOAD}')</script></svg>`;
const ENTITIES = `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "${PAYLOAD.repeat(10)}">${[...'bcdefghi'].map((name, at) => `<!ENTITY ${name} "${`&${'abcdefghi'[at]};`.repeat(10)}">`).join('')}]>`;
const TYPES = ['image/png', 'image/jpeg', 'image/svg+xml', 'text/html', 'application/octet-stream'];

/** SVG, and other types that are not taken, whatever they are called. */
export function* disguises({ png }) {
  const refused = (name, bytes, at = 0, expected = [415]) => ({ kind: 'disguise', name, bytes, expected, type: TYPES[at % TYPES.length], fileName: 'me.png' });
  const texts = {
    'SVG': SVG,
    'SVG after a declaration and a comment': `<?xml version="1.0"?>\n<!-- a comment -->\n<!DOCTYPE svg>${SVG}`,
    'SVG after a byte order mark': `\ufeff${SVG}`,
    'SVG after white space': `\n\n \t${SVG}`,
    'SVG in capitals': SVG.replace('<svg', '<SVG').replace('</svg', '</SVG'),
    'SVG with a namespace prefix': '<s:svg xmlns:s="http://www.w3.org/2000/svg"></s:svg>',
    'SVG with entities that grow a billion times': `${ENTITIES}<svg xmlns="http://www.w3.org/2000/svg"><text>&i;</text></svg>`,
    'SVG that reads a file': `<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&f;</text></svg>`,
    'SVG that asks for a page': '<svg xmlns="http://www.w3.org/2000/svg"><image href="http://169.254.169.254/latest/meta-data/" width="9" height="9"/></svg>',
    'SVG with a style sheet': `<?xml-stylesheet href="http://127.0.0.1:1/"?>${SVG}`,
  };
  let at = 0;
  for (const [name, text] of Object.entries(texts)) yield refused(name, Buffer.from(text), (at += 1));
  yield refused('SVG in UTF-16', Buffer.from(`\ufeff${SVG}`, 'utf16le'));
  yield refused('SVG in UTF-16, big end first', Buffer.from(`\ufeff${SVG}`, 'utf16le').swap16(), 2);
  for (const [name, start] of [['JPEG', '\xff\xd8\xff'], ['PNG', PNG_SIGNATURE.toString('latin1')], ['GIF', 'GIF89a'], ['WebP', 'RIFF\x10\0\0\0WEBP']]) {
    yield refused(`SVG after the signature of a ${name}`, Buffer.concat([latin(start), Buffer.from(SVG)]), 1, [422]);
  }
  yield refused('SVG in an AVIF', latin(`\0\0\0\x18ftypavif\0\0\0\0avifmif1${SVG}`), 0, [415, 422]);
  yield refused('SVG, compressed', gzipSync(SVG), 2, [422]);
  yield refused('SVG in a data URL', latin(`data:image/svg+xml;base64,${Buffer.from(SVG).toString('base64')}`), 2, [422]);
  yield refused('SVG in HTML', latin(`<!doctype html><html><body>${SVG}</body></html>`), 3, [422]);
  const others = { TIFF: 'II*\0\x08\0\0\0', BMP: 'BM\x36\0\0\0', PDF: '%PDF-1.7\n', PostScript: '%!PS-Adobe-3.0 EPSF-3.0\n', ICO: '\0\0\x01\0\x01\0', HEIC: '\0\0\0\x18ftypheic\0\0\0\0mif1heic', PSD: '8BPS\0\x01' };
  for (const [name, start] of Object.entries(others)) yield refused(name, Buffer.concat([latin(start), png]));
  yield refused('JPEG XL', Buffer.from([0xff, 0x0a, 0, 0]));
  yield refused('an MP4', latin('\0\0\0\x18ftypmp42\0\0\0\0mp42isom'), 0, [422]);
}

/** Nothing, and noise. */
export function* nothings(noiseBytes, whole) {
  const nothing = (name, bytes, expected = [422]) => ({ kind: 'nothing', name, bytes, expected });
  yield nothing('no bytes', Buffer.alloc(0));
  yield nothing('one byte', Buffer.from([0xff]));
  yield nothing('text', latin('hello, I am a picture\n'));
  for (const size of [65_536, ...(whole ? [LIMIT] : [])]) yield nothing(`${size} zeros`, Buffer.alloc(size));
  yield nothing('10 MiB of noise', noiseBytes(LIMIT, 'noise'));
  yield nothing('a byte more than 10 MiB', Buffer.alloc(LIMIT + 1, 1), [413]);
  const noise = noiseBytes(whole ? LIMIT - 64 : 300_000, 'noise');
  const starts = ['\xff\xd8\xff\xe0', PNG_SIGNATURE.toString('latin1'), 'GIF89a', 'RIFF\xff\xff\x9f\0WEBPVP8 ', 'RIFF\xff\xff\x9f\0WEBPVP8L', '\0\0\0\x18ftypavif\0\0\0\0avifmif1'];
  for (const start of starts) yield nothing(`noise after ${JSON.stringify(start)}`, Buffer.concat([latin(start), noise]), [415, 422]);
  for (const start of starts) yield nothing(`only ${JSON.stringify(start)}`, latin(start), [415, 422]);
}

/** Good pictures under bad names: a name is never looked at, as long as the form that it stands in can be read. */
export function* misnamed(png) {
  const named = (name, fileName, expected = [200]) => ({ kind: 'name', name, fileName, bytes: png, type: 'image/png', expected });
  yield named('`..`', '../../../../etc/passwd');
  yield named('`..` with backslashes', '..\\..\\windows\\system32\\me.png');
  yield named('an absolute path', '/etc/passwd');
  // No header may contain these (RFC 9110 §5.5); browsers write them as `%00`, `%0A`.
  yield named('NUL', 'me.png\0.html', [422]);
  yield named('a line feed', 'me\n.png', [422]);
  yield named('a carriage return', 'me\r.png', [422]);
  yield named('newlines as browsers write them', 'me%0D%0A.png');
  yield named('4,000 characters', `${'a'.repeat(3_996)}.png`);
  yield named('4,000 characters of three bytes', '画'.repeat(4_000));
  yield named('nothing but dots', '..');
  yield named('quotes', 'me\\".png');
  yield named('a script', `<script>alert('${PAYLOAD}')</script>.png`);
  yield named('right to left', 'me\u202egnp.exe');
  yield named('surrogates', 'me\ud83d.png');
  yield named('__proto__', '__proto__');
  yield named('a device', 'CON');
}
