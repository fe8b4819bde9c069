import sharp, { type Metadata, type Sharp } from 'sharp';
import { scaledFrames, stripOf } from './animation.js';
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
  private metadata: Metadata | null = null;

  /** Reads the header, and keeps the bytes for `decode`. */
  async inspect(upload: Buffer, maxPixels: number): Promise<Inspected> {
    this.upload = upload;
    this.maxPixels = maxPixels;
    try {
      this.metadata = await this.open(false).metadata();
      return factsOf(this.metadata);
    } catch (error) {
      return refusalOf(error);
    }
  }

  /** Of the upload that was inspected last, as often as is asked. */
  async decode(plan: DecodePlan): Promise<{ readonly answer: Decoded; readonly body?: Buffer }> {
    try {
      if (plan.isMoving) return { body: await this.animation(plan), answer: answerOf(null) };
      const image = plan.covered ? await this.onTransparent(plan.covered) : this.open(false);
      return await pixelsOf(squareOf(image, plan).toColourspace('srgb'));
    } catch (error) {
      return { answer: refusalOf(error) };
    }
  }

  private open(animated: boolean): Sharp {
    const image = sharp(this.upload, { limitInputPixels: this.maxPixels, failOn: 'error', autoOrient: true, animated });
    // Else libvips takes what the profile made of 16 bits for plain sRGB, and the colours pale.
    return this.metadata?.hasProfile && DEEP.has(this.metadata.depth) ? image.pipelineColourspace('srgb') : image;
  }

  private async animation(plan: DecodePlan): Promise<Buffer> {
    const { pages = 1, delay, loop } = this.metadata!;
    const frames = await scaledFrames(await stripOf(this.open(true), pages), plan.side, (frame) => squareOf(frame, plan));
    return keptForm(frames, { delay, loop });
  }

  /** libvips makes black of what a GIF without transparent colours leaves open. */
  private async onTransparent({ left, top, width, height }: NonNullable<DecodePlan['covered']>): Promise<Sharp> {
    const screen = this.metadata!;
    const framed = this.open(false).extract({ left, top, width, height }).ensureAlpha()
      .extend({ left, top, right: screen.width - left - width, bottom: screen.height - top - height, background: { r: 0, g: 0, b: 0, alpha: 0 } });
    const { data, info } = await framed.raw().toBuffer({ resolveWithObject: true });
    return sharp(data, { raw: { width: info.width, height: info.height, channels: 4 } });
  }
}

function squareOf(image: Sharp, { crop, side }: DecodePlan): Sharp {
  const square = crop ? image.extract({ left: crop.x, top: crop.y, width: crop.size, height: crop.size }) : image;
  return square.resize(side, side, { fit: 'cover', position: 'centre', fastShrinkOnLoad: true });
}

const answerOf = (raw: RawPixels | null): Decoded => ({ raw, residentBytes: process.memoryUsage.rss() });

async function pixelsOf(picture: Sharp): Promise<{ readonly answer: Decoded; readonly body: Buffer }> {
  const { data, info: { width, height, channels } } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { body: data, answer: answerOf({ width, height, channels: channels as 3 | 4 }) };
}

const factsOf = (metadata: Metadata): Inspected => ({
  format: metadata.format,
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
