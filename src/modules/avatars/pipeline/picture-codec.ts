import sharp from 'sharp';

/*
 * The one place where sharp is set up.
 * - Only the decoders of the types that are taken stay open; everything else, SVG above all, cannot even be tried. This is
 *   process-wide, and nothing of ours needs more: the generated picture is rasterised by resvg.
 * - One libvips thread per picture: the decode gate decides how many pictures are worked on at once, and each takes one
 *   thread of libuv's pool.
 * - No operation cache: pictures do not repeat, and the memory must come back.
 */
sharp.block({ operation: ['VipsForeignLoad'] });
sharp.unblock({
  operation: ['VipsForeignLoadJpeg', 'VipsForeignLoadPng', 'VipsForeignLoadWebp', 'VipsForeignLoadNsgif', 'VipsForeignLoadHeif'],
});
sharp.concurrency(1);
sharp.cache(false);

export { sharp };
