import type { Sharp, WebpOptions } from 'sharp';

/** Lossless, and nearly as small at the least effort as at more. */
export const keptForm = (picture: Sharp, animation: Pick<WebpOptions, 'delay' | 'loop'> = {}): Promise<Buffer> => picture.webp({ lossless: true, effort: 0, ...animation }).toBuffer();
