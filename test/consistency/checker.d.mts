export interface Facets {
  readonly version?: number;
  readonly name?: string | null;
  readonly digest?: string;
  readonly isAdmin?: boolean;
  readonly isDisabled?: boolean;
  readonly isGenerated?: boolean;
  readonly isGone?: boolean;
}

export interface Operation {
  readonly user: string;
  readonly kind: string;
  readonly instance: number;
  readonly start: number;
  readonly end: number;
  readonly outcome: 'ok' | 'refused' | 'unknown';
  readonly isWrite: boolean;
  readonly seen?: Facets;
  readonly wrote?: Facets;
  readonly fault?: { readonly kind: string; readonly text: string };
}

export interface Counts {
  readonly reads: number;
  readonly writesAcknowledged: number;
  readonly writesRefused: number;
  readonly writesUnknown: number;
  readonly readsFailed: number;
  readonly violations: Readonly<Record<string, number>>;
}

export class UserHistory {
  readonly states: readonly Facets[];
  readonly marks: readonly { readonly end: number; readonly acked: number; readonly seen: number }[];
}

export class Checker {
  readonly counts: Counts;
  readonly violations: readonly { readonly kind: string; readonly text: string; readonly operation: Operation; readonly operations: readonly Operation[] }[];
  readonly violationCount: number;
  historyOf(userId: string): UserHistory;
  commit(userId: string, state: Facets & { readonly version: number }): void;
  take(operations: readonly Operation[], oldestStart?: number): void;
  checkQuiet(operation: Operation): void;
}
