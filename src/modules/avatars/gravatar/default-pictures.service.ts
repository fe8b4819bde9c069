import { Injectable } from '@nestjs/common';
import { renderAsync } from '@resvg/resvg-js';
import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';
import type { Turn } from '../../../kernel/fair-queue/index.js';
import { strongEtag } from '../../../kernel/http/index.js';
import { RENDERER_VERSION, recipeOf } from '../../users/index.js';
import { AvatarMetrics } from '../avatar-metrics.js';
import type { Picture } from '../avatars.service.js';
import { GeneratedPictureRenderer } from '../generated/generated-picture.renderer.js';
import { DecodeGate } from '../pipeline/decode-gate.js';
import { sharp } from '../pipeline/picture-codec.js';
import { encode } from '../pipeline/picture-pipeline.js';
import type { PictureVariant } from '../pipeline/picture-variant.js';
import { DRAWINGS_VERSION, drawDefault } from './default-drawings.js';
import type { PictureCaller } from '../showing/picture-callers.js';
import type { DefaultKind } from './gravatar-request.js';

/** Drawings that are kept for the next who asks, in bytes; strangers ask for any number of addresses. */
const KEPT_BYTES = 8 * 1024 * 1024;

/** Behind the pictures of users: anybody can ask for as many drawings as there are hashes. */
const RANK = 1;

/** A drawing that an address, or a name, stands for; what is stored of users is never asked. */
export interface AskedDrawing {
  readonly drawing: DefaultKind;
  /** As the request spells it; null for what is no hash. */
  readonly hash: string | null;
  readonly name: string | null;
}

/** Pictures for addresses that nobody may be found by. */
@Injectable()
export class DefaultPictures {
  private readonly kept = new LRUCache<string, Buffer>({ maxSize: KEPT_BYTES, sizeCalculation: (bytes) => bytes.length + 256 });

  /** One drawing for all who ask for it while it is made. */
  private readonly beingMade = new Map<string, Promise<Buffer>>();

  constructor(
    private readonly gate: DecodeGate,
    private readonly generated: GeneratedPictureRenderer,
    private readonly metrics: AvatarMetrics,
  ) {}

  etag(asked: AskedDrawing, { size, format }: PictureVariant): string {
    const seed = createHash('sha256').update(JSON.stringify([asked.drawing, seedOf(asked), asked.name])).digest('hex').slice(0, 32);
    return strongEtag(`d${DRAWINGS_VERSION}.${RENDERER_VERSION}-${seed}-${size}-${format}`);
  }

  /** Throws `avatar.busy`. */
  async draw(asked: AskedDrawing, variant: PictureVariant, caller?: PictureCaller): Promise<Picture> {
    const etag = this.etag(asked, variant);
    const bytes = this.kept.get(etag) ?? (await this.makeOnce(etag, () => this.make(asked, variant, { caller: caller?.() ?? '', rank: RANK })));
    return { ...variant, etag, bytes };
  }

  private makeOnce(etag: string, make: () => Promise<Buffer>): Promise<Buffer> {
    let making = this.beingMade.get(etag);
    if (!making) {
      making = make().finally(() => this.beingMade.delete(etag));
      this.beingMade.set(etag, making);
    }
    return making;
  }

  private async make(asked: AskedDrawing, variant: PictureVariant, turn: Turn): Promise<Buffer> {
    const bytes = await this.drawn(asked, variant, turn);
    this.kept.set(this.etag(asked, variant), bytes);
    this.metrics.made('drawn', variant.format);
    return bytes;
  }

  private drawn(asked: AskedDrawing, variant: PictureVariant, turn: Turn): Promise<Buffer> {
    const { drawing } = asked;
    if (drawing === 'initials') return this.generated.render(recipeOf({ id: seedOf(asked), username: '', displayName: asked.name }), variant, turn);
    return this.gate.run('variant', async () => {
      const image = await renderAsync(drawDefault(drawing, seedOf(asked)), { fitTo: { mode: 'width', value: variant.size }, font: { loadSystemFonts: false } });
      return encode(sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 4 } }), variant.format);
    }, turn);
  }
}

/** All that differ in nothing that is drawn share one drawing. */
const seedOf = ({ drawing, hash }: AskedDrawing): string => (drawing === 'mp' || drawing === 'blank' ? '' : (hash ?? ''));
