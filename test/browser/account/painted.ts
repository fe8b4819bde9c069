import sharp from 'sharp';

export interface Colour {
  readonly r: number;
  readonly g: number;
  readonly b: number;
}

export const RED: Colour = { r: 200, g: 40, b: 40 };
export const GREEN: Colour = { r: 40, g: 160, b: 60 };
export const BLUE: Colour = { r: 30, g: 60, b: 200 };
export const YELLOW: Colour = { r: 220, g: 200, b: 40 };

interface Patch {
  readonly colour: Colour;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A PNG of one colour with patches of others. */
export const painted = (width: number, height: number, background: Colour, ...patches: readonly Patch[]): Promise<Buffer> =>
  sharp({ create: { width, height, channels: 3, background } })
    .composite(patches.map(({ colour, left, top, ...size }) => ({ input: { create: { ...size, channels: 3, background: colour } }, left, top })))
    .png()
    .toBuffer();

export const isNear = (found: readonly number[], { r, g, b }: Colour): boolean => [r, g, b].every((value, at) => Math.abs(value - found[at]!) < 16);

/** The colours of a picture near its left, top, right and bottom edges and in the middle, as the names given to them in `known`. */
export async function coloursOf(picture: Buffer, known: Readonly<Record<string, Colour>>): Promise<string[]> {
  const { data, info } = await sharp(picture).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  const places = [[0.06, 0.5], [0.5, 0.06], [0.94, 0.5], [0.5, 0.94], [0.5, 0.5]] as const;
  return places.map(([x, y]) => {
    const at = (Math.floor(y * info.height) * info.width + Math.floor(x * info.width)) * info.channels;
    const found = [data[at]!, data[at + 1]!, data[at + 2]!];
    return Object.keys(known).find((name) => isNear(found, known[name]!)) ?? found.join();
  });
}
