export interface HostileCase {
  readonly kind: string;
  readonly name: string;
  readonly bytes: Buffer;
  /** Statuses that it may be answered with. */
  readonly expected: readonly number[];
  readonly type?: string;
  readonly fileName?: string;
}

export function hostileCorpus(options?: { readonly whole?: boolean }): AsyncIterable<HostileCase>;

/** Pictures of every format, cut off at every so many percent. */
export function truncations(everyPercent: number): AsyncIterable<HostileCase>;

/** What polyglots say beside the picture: no answer may ever say it. */
export const PAYLOAD: string;
