/** A whole PNG in one colour. */
export function blankPng(width: number, height: number, options?: { readonly bits?: number; readonly colour?: number; readonly interlace?: number }): Promise<Buffer>;

/** A progressive JPEG whose last scan comes again and again. */
export function jpegOfScans(side: number, scans: number): Promise<Buffer>;

/** A small JPEG with 60 kB of Exif data: thousands of entries that all name the directory they stand in. */
export function nestedExif(): Promise<Buffer>;

export function pngChunk(type: string, data?: Buffer, lies?: { readonly length?: number; readonly crc?: number }): Buffer;

/** A GIF's screen with a palette of red, green, blue and so on; colour 0 is red. */
export function gifScreen(width: number, height: number, options?: { readonly signature?: string }): Buffer;

/** A frame in colour 0. `pixels`: how many the data really has. */
export function gifFrame(width: number, height: number, options?: { readonly x?: number; readonly y?: number; readonly pixels?: number; readonly codeSize?: number }): Buffer;

export function gifOf(...parts: readonly Buffer[]): Buffer;
