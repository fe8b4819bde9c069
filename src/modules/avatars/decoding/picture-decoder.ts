import sharp, { type Metadata, type Sharp } from 'sharp';
import { keptForm } from './kept-form.js';
import type { Decoded, DecodePlan, DecoderRefusal, Inspected, RawPixels } from './decoder-messages.js';

/*
 * - Only the decoders of the types that are taken stay open; everything else, SVG above all, cannot even be tried.
 * - One thread per picture: how many pictures are decoded at once is how many processes there are.
 * - No operation cache: pictures do not repeat, and the memory must come back.
 */
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif', 'VipsForeignLoadHeif'],
});
sharp.concurrency(1);
sharp.cache(false);

const DEEP = new Set(['ushort', 'short']);

/** Decodes what strangers send. Runs in a process of its own (decoder.process.ts), which may be ended at any moment. */
export class PictureDecoder {
  private upload: Buffer = Buffer.alloc(0);
  private maxPixels = 0;

  /** Reads the header, and keeps the bytes for `decode`. */
  async inspect(upload: Buffer, maxPixels: number): Promise<Inspected> {
    this.upload = upload;
    this.maxPixels = maxPixels;
    try {
      return factsOf(await this.open(false).metadata());
    } catch (error) {
      return refusalOf(error);
    }
  }

  async decode({ crop, side, isMoving }: DecodePlan): Promise<{ readonly answer: Decoded; readonly body?: Buffer }> {
    try {
      const image = this.open(isMoving);
      const square = crop ? image.extract({ left: crop.x, top: crop.y, width: crop.size, height: crop.size }) : image;
      const normalised = square.resize(side, side, { fit: 'cover', position: 'centre', fastShrinkOnLoad: true }).toColourspace('srgb');
      return isMoving ? { body: await keptForm(normalised), answer: answerOf(null) } : await pixelsOf(normalised);
    } catch (error) {
      return { answer: refusalOf(error) };
    } finally {
      this.upload = Buffer.alloc(0);
    }
  }

  private open(animated: boolean): Sharp {
    return sharp(this.upload, { limitInputPixels: this.maxPixels, failOn: 'error', autoOrient: true, animated });
  }
}

const answerOf = (raw: RawPixels | null): Decoded => ({ raw, residentBytes: process.memoryUsage.rss() });

async function pixelsOf(picture: Sharp): Promise<{ readonly answer: Decoded; readonly body: Buffer }> {
  const { data, info: { width, height, channels } } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { body: data, answer: answerOf({ width, height, channels: channels as 3 | 4 }) };
}

const factsOf = (metadata: Metadata): Inspected => ({
  format: metadata.format,
  compression: metadata.compression,
  width: metadata.width,
  height: metadata.height,
  upright: metadata.autoOrient,
  orientation: metadata.orientation ?? 1,
  channels: metadata.channels,
  bytesPerChannel: DEEP.has(metadata.depth) ? 2 : 1,
  isProgressive: metadata.isProgressive === true,
  pages: metadata.pages ?? 1,
  delays: metadata.delay ?? [],
});

/** The decoder's own words; it has no error codes. */
const refusalOf = (error: unknown): DecoderRefusal => ({ refused: /pixel limit/i.test(String(error)) ? 'pixels' : 'broken', reason: String(error) });
