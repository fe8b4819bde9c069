import { createHash } from 'node:crypto';
import type { Raw, Sharp, WebpOptions } from 'sharp';
import { avatarBusy, avatarNeedsMemory, avatarNotAnImage, avatarTooCostly, avatarTooLarge, avatarTooManyPixels, avatarUnsupportedType } from '../avatars.errors.js';
import type { AvatarMetrics } from '../avatar-metrics.js';
import { isLimitedRange, stretchAlpha } from '../decoding/alpha-range.js';
import { scaledFrames, stripOf } from '../decoding/animation.js';
import type { DecodePlan, DecoderRefusal, PictureFacts } from '../decoding/decoder-messages.js';
import type { DecoderPool, DecoderSession } from '../decoding/decoder-pool.js';
import { DecoderEndedError } from '../decoding/decoder-process.js';
import { decodingBytes } from '../decoding/decoding-cost.js';
import type { GifFrame } from '../decoding/gif-blocks.js';
import { keptForm } from '../decoding/kept-form.js';
import { correctGamma, oddGammaOf } from '../decoding/png-chunks.js';
import { isKeptMoving } from './animation-budget.js';
import { auxiliaryItemOf } from './heif-items.js';
import type { Turn } from '../../../kernel/fair-queue/index.js';
import type { DecodeGate } from './decode-gate.js';
import { sharp } from './picture-codec.js';
import { cropTag, requireInside, type PictureCrop } from './picture-crop.js';
import { pictureTypeOf, type TakenType } from './picture-type.js';
import { openFrameOf, requireDecodable } from './file-checks.js';
import { LARGEST_SIZE, type PictureFormat, type PictureVariant } from './picture-variant.js';

/** Pixels as the decoder gave them. */
export interface Pixels {
  readonly data: Buffer;
  readonly raw: Raw;
}

/** An upload made safe: square, upright, sRGB, without metadata, as lossless WebP of at most 512 pixels a side; animated where that is kept. */
export interface NormalisedPicture {
  /** 64 hex digits: SHA-256 of the SHA-256 of the uploaded bytes, the crop, and whether it moves. */
  readonly key: string;
  readonly bytes: Buffer;
  /** The pixels in `bytes`, for who makes variants now; none of what moves. */
  readonly pixels?: Pixels;
}

export interface PictureLimits {
  readonly maxBytes: number;
  readonly maxPixels: number;
  /** Whether animations are kept, within ANIMATION_BUDGET; else, and beyond it, their first frame is. */
  readonly animation?: boolean;
}

/** Raise when the same upload and crop are decoded to other pixels. Keys have it, so that none ever stands for two pictures. */
const DECODING = 2;

/**
 * Uploaded bytes in, picture bytes out.
 *
 * What is kept of an upload is the 512-pixel square, lossless. Measured for a 12-megapixel photograph, one thread: decoding
 * and scaling 22 ms; then WebP lossless 17 ms and 450 kB, PNG 14 ms and 710 kB, WebP at quality 95 42 ms and 110 kB. A
 * 1024-pixel square would cost 46 ms and then 140–200 ms (1.4 MB), for a size that is not served; a lossy one would put
 * two generations of loss into every variant.
 *
 * WebP up to 256 is made with the upload, from the same pixels: 22 ms for all four, and 21 for 256 alone from the kept form.
 * The others are made at the first request for each and kept: reading the source back costs 9 ms, and then WebP at 512 takes
 * 32 ms, PNG 2 to 15, JPEG 1 to 6, AVIF at effort 2 4 to 123 (effort 4: 15 to 1,040, for the same size of file). Making
 * all twenty at upload would cost 300 ms, and most are never asked for.
 */
export class PicturePipeline {
  constructor(
    private readonly gate: DecodeGate,
    private readonly limits: PictureLimits,
    private readonly decoders: DecoderPool,
    private readonly metrics?: Pick<AvatarMetrics, 'decoded'>,
  ) {}

  /**
   * `crop` null: the largest centred square.
   * @throws AppError request.invalid (the crop lies outside), avatar.too_large, avatar.too_many_pixels, avatar.not_an_image, avatar.unsupported_type, avatar.busy
   */
  async normalise(upload: Buffer, crop: PictureCrop | null = null): Promise<NormalisedPicture> {
    if (upload.length > this.limits.maxBytes) throw avatarTooLarge(this.limits.maxBytes);
    const type = pictureTypeOf(upload);
    if (type.kind === 'none') throw avatarNotAnImage();
    if (type.kind === 'refused') throw avatarUnsupportedType(type.name);
    requireDecodable(upload, type.type);
    const decoding = this.gate.run('upload', () => this.timed(type.type, () => this.decode(upload, type.type, crop)));
    // Meanwhile, on this thread.
    const source = createHash('sha256').update(upload).digest();
    const decoded = await decoding;
    const recipe = `${DECODING};${cropTag(crop)}${decoded.pixels ? '' : ';moving'}`;
    return { key: createHash('sha256').update(source).update(recipe).digest('hex'), ...decoded };
  }

  /**
   * Makes one variant of a normalised picture, from its bytes or, to the same result, its pixels. Small pictures are scaled up:
   * every size is an exact square. What moves moves as WebP; elsewhere it is its first frame.
   */
  render(normalised: Buffer | Pixels, { size, format }: PictureVariant, turn?: Turn): Promise<Buffer> {
    // libwebp's own scaling, on the way in, is not that of libvips: what is made of pixels would be another picture.
    const scale = (picture: Sharp): Sharp => picture.resize(size, size, { fit: 'fill', fastShrinkOnLoad: false });
    return this.gate.run('variant', async () => {
      if (!Buffer.isBuffer(normalised)) return encode(scale(sharp(normalised.data, { raw: normalised.raw })), format);
      const { pages = 1, delay, loop } = format === 'webp' ? await sharp(normalised).metadata() : {};
      if (pages < 2) return encode(scale(sharp(normalised)), format);
      const strip = await stripOf(sharp(normalised, { animated: true }), pages);
      return encode(await scaledFrames(strip, size, scale), format, { delay, loop });
    }, turn);
  }

  private async timed<T>(type: TakenType, work: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    let isGood = false;
    try {
      const result = await work();
      isGood = true;
      return result;
    } finally {
      this.metrics?.decoded(type, isGood, (performance.now() - startedAt) / 1000);
    }
  }

  private async decode(upload: Buffer, type: TakenType, crop: PictureCrop | null): Promise<Omit<NormalisedPicture, 'key'>> {
    const { body, raw } = await this.decoded(upload, type, crop);
    if (!raw) return { bytes: body };
    const gamma = type === 'png' ? oddGammaOf(upload) : null;
    if (gamma !== null) correctGamma(body, raw.channels, gamma);
    if (type === 'avif' && raw.channels === 4 && isLimitedRange(auxiliaryItemOf(upload) ?? Buffer.alloc(0))) stretchAlpha(body);
    const pixels: Pixels = { data: body, raw };
    const bytes = await keptForm(sharp(pixels.data, { raw: pixels.raw }));
    // Beneath full transparency the kept form has no colour, and without any it has no alpha: its own pixels, then.
    return { bytes, pixels: raw.channels === 3 ? pixels : await pixelsOf(sharp(bytes)) };
  }

  /** What a decoder made: pixels, or, where `raw` is null, an animation in the kept form. */
  private async decoded(upload: Buffer, type: TakenType, crop: PictureCrop | null): Promise<DecodedBytes> {
    try {
      return await this.decoders.use(async (decoder) => {
        const facts = this.taken(await decoder.inspect(upload, this.limits.maxPixels));
        const plan = this.planFor(facts, type, crop, type === 'gif' ? openFrameOf(upload) : null);
        const animation = plan.isMoving ? await this.carriedOut(decoder, facts, plan) : null;
        // Broken frames behind the first cost the animation, not the picture: it is the same whether animations are kept or not.
        if (animation && !isBroken(animation.answer)) return this.bytesOf(animation);
        return this.bytesOf(await this.carriedOut(decoder, facts, { ...plan, isMoving: false }));
      });
    } catch (error) {
      if (!(error instanceof DecoderEndedError)) throw error;
      throw error.end === 'crash' ? avatarNotAnImage(error) : avatarBusy(error);
    }
  }

  private carriedOut(decoder: DecoderSession, facts: PictureFacts, plan: DecodePlan): ReturnType<DecoderSession['decode']> {
    const needsBytes = decodingBytes(facts, plan);
    if (needsBytes > this.decoders.ceilingBytes) throw avatarNeedsMemory(needsBytes, this.decoders.ceilingBytes);
    return decoder.decode(plan, needsBytes);
  }

  private bytesOf({ answer, body }: Awaited<ReturnType<DecoderSession['decode']>>): DecodedBytes {
    return { body, raw: this.taken(answer).raw };
  }

  private taken<T extends object>(answer: T | DecoderRefusal): T {
    if (!('refused' in answer)) return answer;
    const cause = new Error(answer.reason);
    if (answer.refused === 'memory' || answer.refused === 'time') throw avatarTooCostly(answer.refused, cause);
    throw answer.refused === 'pixels' ? avatarTooManyPixels(this.limits.maxPixels, cause) : avatarNotAnImage(cause);
  }

  private planFor(facts: PictureFacts, type: TakenType, crop: PictureCrop | null, openFrame: GifFrame | null): DecodePlan {
    const { width, height } = this.checkedSides(facts, type);
    if (crop) requireInside(crop, width, height);
    const side = Math.min(LARGEST_SIZE, crop?.size ?? Math.min(width, height));
    const covered = facts.channels === 3 ? openFrame : null;
    return { crop, side, covered, isMoving: this.limits.animation === true && !covered && isKeptMoving(facts, side, this.limits.maxPixels) };
  }

  /** The sides of the upright picture, in pixels. */
  private checkedSides({ format, width, height, upright }: PictureFacts, type: TakenType): { readonly width: number; readonly height: number } {
    const found = format === 'heif' ? 'avif' : format;
    if (found !== type) throw avatarUnsupportedType('this kind');
    if (width * height > this.limits.maxPixels) throw avatarTooManyPixels(this.limits.maxPixels);
    return upright;
  }
}

interface DecodedBytes {
  readonly body: Buffer;
  readonly raw: Raw | null;
}

const isBroken = (answer: object): boolean => (answer as Partial<DecoderRefusal>).refused === 'broken';

async function pixelsOf(picture: Sharp): Promise<Pixels> {
  const { data, info: { width, height, channels } } = await picture.raw().toBuffer({ resolveWithObject: true });
  return { data, raw: { width, height, channels } };
}

/** Encoder settings are part of PIPELINE_VERSION: raise it with them. Alpha stays, except in JPEG, which has none: white below. */
export function encode(image: Sharp, format: PictureFormat, animation: Pick<WebpOptions, 'delay' | 'loop'> = {}): Promise<Buffer> {
  switch (format) {
    case 'webp':
      return image.webp({ quality: 82, alphaQuality: 90, effort: 4, ...animation }).toBuffer();
    case 'avif':
      return image.avif({ quality: 55, effort: 2 }).toBuffer();
    case 'png':
      return image.png({ compressionLevel: 6 }).toBuffer();
    case 'jpeg':
      return image.flatten({ background: '#ffffff' }).jpeg({ quality: 84 }).toBuffer();
  }
}
