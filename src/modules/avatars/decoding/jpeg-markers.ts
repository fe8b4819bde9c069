const [MARKER, STUFFING, RESTART_0, RESTART_7, START, END, START_OF_SCAN, TEMPORARY] = [0xff, 0x00, 0xd0, 0xd7, 0xd8, 0xd9, 0xda, 0x01];

const isAlone = (marker: number): boolean => (marker >= RESTART_0 && marker <= RESTART_7) || marker === START || marker === TEMPORARY;

export interface JpegOutline {
  /** Counted up to one more than the limit. */
  readonly scans: number;
  /** False when the file ends before its end marker. Beyond the limit of scans nobody looked. */
  readonly isWhole: boolean;
}

/**
 * Walks the markers of a JPEG (ITU-T T.81 §B.1) without decoding. Segments are passed over by their length, so that a preview
 * in them does not count. Takes time in proportion to the bytes.
 */
export function outlineOf(jpeg: Buffer, maxScans: number): JpegOutline {
  let scans = 0;
  let at = jpeg.indexOf(MARKER, 0);
  while (at >= 0 && at + 1 < jpeg.length && scans <= maxScans) {
    const marker = jpeg[at + 1]!;
    if (marker === END) return { scans, isWhole: true };
    if (marker === MARKER) at += 1; // fill bytes
    else if (marker === STUFFING || isAlone(marker)) at = jpeg.indexOf(MARKER, at + 2);
    else {
      if (marker === START_OF_SCAN) scans += 1;
      at = jpeg.indexOf(MARKER, at + 2 + (at + 4 <= jpeg.length ? jpeg.readUInt16BE(at + 2) : 2));
    }
  }
  return { scans, isWhole: false };
}
