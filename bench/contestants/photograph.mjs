import sharp from 'sharp';

const noise = (width, height, sigma) => sharp({ create: { width, height, channels: 3, background: '#808080', noise: { type: 'gaussian', mean: 128, sigma } } });

/** A JPEG of 12 megapixels: coarse shapes with fine grain, which JPEG takes as it takes a photograph. */
export async function photograph() {
  const grain = await noise(4000, 3000, 12).png({ compressionLevel: 0 }).toBuffer();
  return sharp(await noise(40, 30, 60).png().toBuffer()).resize(4000, 3000, { kernel: 'cubic' }).composite([{ input: grain, blend: 'soft-light' }]).jpeg({ quality: 90 }).toBuffer();
}

/** The same picture under another name, so that nothing is there already: a comment behind its end. */
export const another = (bytes, serial) => Buffer.concat([bytes, Buffer.from(String(serial))]);
