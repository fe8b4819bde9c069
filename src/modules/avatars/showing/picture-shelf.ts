import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Turn } from '../../../kernel/fair-queue/index.js';
import { SharedCalls } from '../../../kernel/shared-calls/index.js';
import { PIPELINE_VERSION, RENDERER_VERSION, UsersService, parseDigest, type GeneratedRecipe, type ParsedDigest } from '../../users/index.js';
import { AvatarMetrics } from '../avatar-metrics.js';
import { GeneratedPictureRenderer } from '../generated/generated-picture.renderer.js';
import { PicturePipeline, type NormalisedPicture, type Pixels } from '../pipeline/picture-pipeline.js';
import { PICTURE_SIZES, type PictureVariant } from '../pipeline/picture-variant.js';
import { PictureBytes } from '../storage/picture-bytes.js';
import type { PictureCaller } from './picture-callers.js';

/** Bytes of variants that are kept at hand. */
const AT_HAND_BYTES = 16 * 1024 * 1024;

/** Pixels of new pictures that are kept at hand: about twenty. */
const FRESH_BYTES = 16 * 1024 * 1024;

/** Made with the upload: together they cost as much as the first look at one of them would, which decodes the kept picture again. */
const READY = PICTURE_SIZES.filter((size) => size <= 256).map((size) => ({ size, format: 'webp' }) as const);

/** What is known of a picture that may have to be made. */
export interface AskedPicture {
  /** What a generated picture shows, where the caller knows; else it is asked of the users. */
  readonly recipe?: GeneratedRecipe | undefined;
  /** Who asks: pictures are made for callers in turn. */
  readonly caller?: PictureCaller | undefined;
}

/** Somebody's picture goes before the drawings that stand for nobody. */
const RANK = 0;

interface BytesAtHand {
  readonly bytes: Buffer;
  readonly writtenAtMs: number;
}

/** Picture bytes by digest: what is stored, or made now and stored. Each variant is made once, and never changes. */
@Injectable()
export class PictureShelf {
  private readonly beingMade = new Map<string, Promise<Buffer | null>>();
  /** One look at the store for all who want the same picture at once, begun after they asked (figures: bench/README.md). */
  private readonly looks = new SharedCalls<number | null>();
  private readonly atHand = new LRUCache<string, BytesAtHand>({ maxSize: AT_HAND_BYTES, sizeCalculation: ({ bytes }) => bytes.length + 256 });

  /** By key; what is asked for soon after an upload is made without decoding. */
  private readonly fresh = new LRUCache<string, Pixels>({ maxSize: FRESH_BYTES, sizeCalculation: ({ data }) => data.length });

  constructor(
    private readonly bytes: PictureBytes,
    private readonly pipeline: PicturePipeline,
    private readonly renderer: GeneratedPictureRenderer,
    private readonly users: UsersService,
    private readonly metrics: AvatarMetrics,
  ) {}

  /**
   * Null when there is no such picture. What is stored is answered without waiting for what is made. Throws
   * `avatar.storage_unavailable`, `avatar.busy`.
   */
  async take(digest: string, variant: PictureVariant, asked: AskedPicture = {}): Promise<Buffer | null> {
    const parsed = parseDigest(digest);
    // A newer instance names what this one cannot make; the bytes of its name are not for this one to decide.
    if (!parsed || parsed.version > (parsed.kind === 'uploaded' ? PIPELINE_VERSION : RENDERER_VERSION)) return null;
    return (await this.stored(digest, variant)) ?? this.makeOnce(digest, parsed, variant, asked);
  }

  /** Makes of a kept upload what is asked for most, unless it is there. What fails is made when it is asked for. */
  async makeReady({ key, pixels }: NormalisedPicture): Promise<void> {
    if (!pixels) return; // what moves: each size costs as much as all frames
    this.fresh.set(key, pixels);
    await Promise.allSettled(READY.map((variant) => this.take(`u${PIPELINE_VERSION}-${key}`, variant)));
  }

  /**
   * The store is asked each time, so that what was erased is gone and what fails is told; the bytes are read again only where
   * it has others. When they were written is asked before they are read: bytes that are newer than that are read again.
   */
  private async stored(digest: string, variant: PictureVariant): Promise<Buffer | null> {
    const name = nameOf(digest, variant);
    const writtenAtMs = await this.looks.ask(name, () => this.bytes.variantWrittenAt(digest, variant));
    const known = this.atHand.get(name);
    if (known && known.writtenAtMs === writtenAtMs) return known.bytes;
    this.atHand.delete(name);
    const bytes = writtenAtMs === null ? null : await this.bytes.variant(digest, variant);
    if (bytes && writtenAtMs !== null) this.atHand.set(name, { bytes, writtenAtMs });
    return bytes;
  }

  private makeOnce(digest: string, parsed: ParsedDigest, variant: PictureVariant, { recipe, caller }: AskedPicture): Promise<Buffer | null> {
    const flight = nameOf(digest, variant);
    let making = this.beingMade.get(flight);
    if (!making) {
      const turn = { caller: caller?.() ?? '', rank: RANK };
      making = (parsed.kind === 'uploaded' ? this.makeUploaded(digest, parsed.key, variant, turn) : this.makeGenerated(digest, parsed.key, { variant, turn, recipe })).finally(() =>
        this.beingMade.delete(flight),
      );
      this.beingMade.set(flight, making);
    }
    return making;
  }

  private async makeUploaded(digest: string, key: string, variant: PictureVariant, turn: Turn): Promise<Buffer | null> {
    const source = this.fresh.get(key) ?? (await this.bytes.source(key));
    if (!source) return null;
    const rendered = await this.pipeline.render(source, variant, turn);
    this.metrics.made('uploaded', variant.format);
    const settled = await this.bytes.settleVariant(digest, variant, rendered);
    if (await this.bytes.hasSource(key)) return settled;
    await this.bytes.removeVariants(digest); // erased while we worked: what we just wrote must not outlive it
    return null;
  }

  private async makeGenerated(digest: string, key: string, asked: { readonly variant: PictureVariant; readonly turn: Turn; readonly recipe?: GeneratedRecipe | undefined }): Promise<Buffer | null> {
    const { variant, turn } = asked;
    const recipe = asked.recipe ?? (await this.users.generatedRecipe(key));
    if (!recipe) return null;
    const drawn = await this.renderer.render(recipe, variant, turn);
    this.metrics.made('generated', variant.format);
    const settled = await this.bytes.settleVariant(digest, variant, drawn);
    if ((await this.users.generatedKeysInUse([key])).length > 0) return settled ?? drawn; // swept in between, and drawn alike by all
    await this.bytes.removeVariant(digest, variant); // its user is gone, or renamed, while we drew: nobody would look for it again
    return null;
  }
}

const nameOf = (digest: string, { size, format }: PictureVariant): string => `${digest}/${size}.${format}`;
