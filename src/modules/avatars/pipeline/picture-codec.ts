import sharp from 'sharp';

/*
 * sharp in the service itself, where variants are made. Strangers' bytes are decoded elsewhere (decoding/).
 * - Only the decoder of our own kept form stays open. This is process-wide, and nothing of ours needs more: the generated
 *   picture is rasterised by resvg.
 * - One libvips thread per picture: the decode gate decides how many pictures are worked on at once, and each takes one
 *   thread of libuv's pool.
 * - No operation cache: pictures do not repeat, and the memory must come back.
 */
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({ operation: ['VipsForeignLoadWebp'] });
sharp.concurrency(1);
sharp.cache(false);

export { sharp };
