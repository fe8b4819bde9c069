import { renderAsync } from '@resvg/resvg-js';
import type { Turn } from '../../../kernel/fair-queue/index.js';
import type { DecodeGate } from '../pipeline/decode-gate.js';
import { sharp } from '../pipeline/picture-codec.js';
import { encode } from '../pipeline/picture-pipeline.js';
import type { PictureVariant } from '../pipeline/picture-variant.js';
import { FontCatalogue } from './font-catalogue.js';
import { GlyphOutlines } from './glyph-outlines.js';
import { drawInitials, type DrawnInitials } from './initials-drawing.js';

/**
 * Draws the picture of a user who has put none. What it draws for the same initials and colour is part of RENDERER_VERSION
 * (users module): raise it when fonts, layout or encoders change.
 */
export class GeneratedPictureRenderer {
  private readonly outlines = new GlyphOutlines(new FontCatalogue());

  constructor(private readonly gate: DecodeGate) {}

  render(drawn: DrawnInitials, variant: PictureVariant, turn?: Turn): Promise<Buffer> {
    return this.gate.run('variant', async () => {
      const svg = await drawInitials(drawn, this.outlines);
      const image = await renderAsync(svg, { fitTo: { mode: 'width', value: variant.size }, font: { loadSystemFonts: false } });
      return encode(sharp(image.pixels, { raw: { width: image.width, height: image.height, channels: 4 } }).removeAlpha(), variant.format);
    }, turn);
  }
}
