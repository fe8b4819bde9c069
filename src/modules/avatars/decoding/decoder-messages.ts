/** What a picture's header says, without decoding it. */
export interface PictureFacts {
  /** As sharp names it; AVIF is `heif`. */
  readonly format: string;
  /** As stored, in pixels. */
  readonly width: number;
  readonly height: number;
  /** As people see it, after the orientation that its Exif data asks for. */
  readonly upright: { readonly width: number; readonly height: number };
  readonly orientation: number;
  readonly channels: number;
  readonly bytesPerChannel: number;
  readonly isProgressive: boolean;
  /** Frames of an animation, and how long each is shown, in milliseconds. */
  readonly pages: number;
  readonly delays: readonly number[];
}

/** What is to be made of the picture that was inspected last. */
export interface DecodePlan {
  readonly crop: { readonly x: number; readonly y: number; readonly size: number } | null;
  /** Of the square that is made, in pixels. */
  readonly side: number;
  /** Whether all frames are decoded; else the first one. */
  readonly isMoving: boolean;
  /** What the first frame covers of the picture; beyond it is transparent. Null: all. */
  readonly covered: { readonly left: number; readonly top: number; readonly width: number; readonly height: number } | null;
}

/** What an answer may cost beyond what the process has used before. A process that passes one says so and ends. */
export interface DecoderAllowance {
  readonly memoryBytes: number;
  /** Processor time, so that a busy machine refuses no picture. */
  readonly processorMs: number;
}

export type DecoderRequest = { readonly allowance: DecoderAllowance } & ({ readonly ask: 'inspect'; readonly maxPixels: number } | { readonly ask: 'decode'; readonly plan: DecodePlan });

/** Why there is no picture: too many pixels, broken, or more memory or time than was allowed. */
export interface DecoderRefusal {
  readonly refused: 'pixels' | 'broken' | 'memory' | 'time';
  readonly reason: string;
}

export type Inspected = PictureFacts | DecoderRefusal;

export interface RawPixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 3 | 4;
}

/** With `raw`, the body has its pixels; else it is an animation in WebP, lossless. `residentBytes`: the memory of the process afterwards. */
export type Decoded = { readonly raw: RawPixels | null; readonly residentBytes: number } | DecoderRefusal;
