/**
 * What one look at a fenced entry found (guarantees §4): a value of this server, schema and generation, or the marker
 * (lease or tombstone) under which a fill may be tried after the primary database has been read.
 */
export type FencedRead = { readonly hit: true; readonly value: string } | { readonly hit: false; readonly marker: string };
