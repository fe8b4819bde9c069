import { createHash } from 'node:crypto';
import type { DefaultKind } from './gravatar-request.js';

/** Raise when a drawing changes: every ETag of it changes too. */
export const DRAWINGS_VERSION = 1;

const svg = (content: string): string => `<svg xmlns="http://www.w3.org/2000/svg" width="512" height="512" viewBox="0 0 64 64">${content}</svg>`;
const rect = (x: number, y: number, width: number, height: number, fill: string): string => `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
const circle = (x: number, y: number, radius: number, fill: string): string => `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}"/>`;
const hue = (byte: number, saturation: number, lightness: number): string => `hsl(${Math.round((byte / 256) * 360)}, ${saturation}%, ${lightness}%)`;

/** Bytes that say what is drawn for a seed. They tell nothing of the seed. */
const bytesOf = (seed: string): Buffer => createHash('sha256').update(`likeness drawing ${seed}`).digest();

/** A grid that is the same on both sides: `columns` from the left to the middle are chosen by bits. */
function mirrored(bytes: Buffer, cells: number, cell: number, margin: number, fill: string): string {
  let drawn = '';
  const half = Math.ceil(cells / 2);
  for (let index = 0; index < half * cells; index += 1) {
    const isSet = ((bytes[4 + (index >> 3)] ?? 0) >> (index & 7)) & 1;
    if (!isSet) continue;
    const [column, row] = [index % half, Math.floor(index / half)];
    const y = margin + row * cell;
    drawn += rect(margin + column * cell, y, cell, cell, fill);
    if (column !== cells - 1 - column) drawn += rect(margin + (cells - 1 - column) * cell, y, cell, cell, fill);
  }
  return drawn;
}

const silhouette = (): string => svg(`${rect(0, 0, 64, 64, '#c6ccd2')}${circle(32, 25, 12, '#ffffff')}<path d="M8 64c0-15 11-23 24-23s24 8 24 23z" fill="#ffffff"/>`);

const identicon = (bytes: Buffer): string => svg(rect(0, 0, 64, 64, '#f2f3f5') + mirrored(bytes, 5, 10, 7, hue(bytes[0]!, 55, 45)));

/** A small face of coarse pixels: the grid, and two eyes that it cannot cover. */
function retro(bytes: Buffer): string {
  const eye = hue(bytes[1]!, 80, 85);
  return svg(rect(0, 0, 64, 64, hue(bytes[0]!, 60, 18)) + mirrored(bytes, 8, 7, 4, hue(bytes[0]!, 70, 55)) + rect(18, 25, 7, 7, eye) + rect(39, 25, 7, 7, eye));
}

/** A creature of our own: a body, one to three eyes, horns or none, and a mouth. */
function creature(bytes: Buffer): string {
  const [skin, dark] = [hue(bytes[0]!, 60, 55), hue(bytes[0]!, 60, 30)];
  const radius = 8 + (bytes[1]! % 12);
  const body = `<rect x="10" y="16" width="44" height="${38 + (bytes[2]! % 8)}" rx="${radius}" fill="${skin}"/>`;
  const horns = ['', '<path d="M16 18 12 6l12 10zM48 18l4-12-12 10z" fill="' + dark + '"/>', `${rect(31, 4, 2, 14, dark)}${circle(32, 5, 4, dark)}`][bytes[3]! % 3]!;
  const eyes = [[32], [22, 42], [18, 32, 46]][bytes[4]! % 3]!.map((x) => circle(x, 30, 5, '#ffffff') + circle(x + (bytes[5]! % 3) - 1, 31, 2.4, '#1d1f24')).join('');
  const mouth = ['<path d="M22 43q10 9 20 0" stroke="' + dark + '" stroke-width="3" fill="none"/>', rect(22, 43, 20, 3, dark), `${rect(22, 42, 20, 7, dark)}${rect(26, 42, 4, 4, '#ffffff')}${rect(34, 42, 4, 4, '#ffffff')}`][bytes[6]! % 3]!;
  return svg(rect(0, 0, 64, 64, hue(bytes[7]!, 35, 88)) + horns + body + eyes + mouth);
}

/** The same drawing for the same seed, always. */
export function drawDefault(kind: Exclude<DefaultKind, 'initials'>, seed: string): string {
  switch (kind) {
    case 'mp':
      return silhouette();
    case 'blank':
      return svg('');
    case 'identicon':
      return identicon(bytesOf(seed));
    case 'retro':
      return retro(bytesOf(seed));
    case 'monsterid':
      return creature(bytesOf(seed));
  }
}
