import type { Sharp } from 'sharp';

/** Lossless, and nearly as small at the least effort as at more. */
export const keptForm = (picture: Sharp): Promise<Buffer> => picture.webp({ lossless: true, effort: 0 }).toBuffer();
