/** What the first bytes of a file say it is; the service decides by the whole of it. */
export type PictureKind = 'jpeg' | 'png' | 'webp' | 'gif' | 'avif' | 'heic' | 'other';

/** Enough for the brands that files of cameras list. */
const HEAD_BYTES = 64;

const STARTS: readonly (readonly [RegExp, PictureKind])[] = [
  [/^\xff\xd8\xff/, 'jpeg'],
  [/^\x89PNG\r\n\x1a\n/, 'png'],
  [/^GIF8[79]a/, 'gif'],
  [/^RIFF[^]{4}WEBP/, 'webp'],
  // AVIF and HEIC are the same box with other brands; a file may list `mif1` first and `avif` later.
  [/^[^]{4}ftyp[^]*avi[fs]/, 'avif'],
  [/^[^]{4}ftyp(?:[^]{4}){0,12}?(?:hei[cxms]|hev[cxms]|mif1|msf1)/, 'heic'],
];

export const kindOf = async (file: Blob): Promise<PictureKind> => {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer()));
  return STARTS.find(([start]) => start.test(head))?.[1] ?? 'other';
};
