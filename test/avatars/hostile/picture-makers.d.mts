/** A whole PNG in one colour. */
export function blankPng(width: number, height: number, options?: { readonly bits?: number; readonly colour?: number; readonly interlace?: number }): Promise<Buffer>;

/** A progressive JPEG whose last scan comes again and again. */
export function jpegOfScans(side: number, scans: number): Promise<Buffer>;

/** A small JPEG with 60 kB of Exif data: thousands of entries that all name the directory they stand in. */
export function nestedExif(): Promise<Buffer>;
