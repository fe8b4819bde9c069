import { Injectable } from '@nestjs/common';
import { renderAsync } from '@resvg/resvg-js';
import { LRUCache } from 'lru-cache';
import { createHash } from 'node:crypto';
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
import type { DefaultKind } from './gravatar-request.js';

/** Drawings that are kept for the next who asks, in bytes; strangers ask for any number of addresses. */
const KEPT_BYTES = 8 * 1024 * 1024;

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
  async draw(asked: AskedDrawing, variant: PictureVariant): Promise<Picture> {
    const etag = this.etag(asked, variant);
    let bytes = this.kept.get(etag);
    if (!bytes) {
      this.kept.set(etag, (bytes = await this.make(asked, variant)));
      this.metrics.made('drawn', variant.format);
    }
    return { ...variant, etag, bytes };
  }

  private make(asked: AskedDrawing, variant: PictureVariant): Promise<Buffer> {
    const { drawing } = asked;
    if (drawing === 'initials') return this.generated.render(recipeOf({ id: seedOf(asked), username: '', displayName: asked.name }), variant);
    return this.gate.run('variant', async () => {
      const image = await renderAsync(drawDefault(drawing, seedOf(asked)), { fitTo: { mode: 'width', value: variant.size }, font: { loadSystemFonts: false } });
      return encode(sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 4 } }), variant.format);
    });
  }
}

/** All that differ in nothing that is drawn share one drawing. */
const seedOf = ({ drawing, hash }: AskedDrawing): string => (drawing === 'mp' || drawing === 'blank' ? '' : (hash ?? ''));
