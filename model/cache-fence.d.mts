export type ModelEntry = null | { readonly kind: 'lease' } | { readonly kind: 'tombstone' | 'value'; readonly version: number };

export interface Rules {
  readonly holds: boolean;
}

export const CASES: Readonly<Record<string, Rules>>;
export function placesLease(entry: ModelEntry): boolean;
export function fencedVersion(entry: ModelEntry, version: number): number;
export function takesFill(entry: ModelEntry, holdsMarker: boolean, version: number): boolean;
export function search(rules: Rules): { readonly states: number; readonly trace?: readonly string[] };
