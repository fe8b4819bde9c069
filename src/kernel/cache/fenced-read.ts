/** A value of this server, schema and generation. The same object for as long as a process sees the same bytes: what is made of it can be kept beside it. */
export interface FencedHit {
  readonly hit: true;
  readonly value: string;
  /** All that stands before the value: the same stamp is the same bytes (`scripts/fenced-read.lua`). */
  readonly stamp: string;
}

/**
 * What one look at a fenced entry found (guarantees §4): a value, or the marker (lease or tombstone) under which a fill may be tried after the
 * primary database has been read.
 */
export type FencedRead = FencedHit | { readonly hit: false; readonly marker: string };
