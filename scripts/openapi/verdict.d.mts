export interface AcceptedBreak {
  readonly where?: string;
  readonly what?: string;
  readonly reason?: string;
}

export function verdictOn(before: object, after: object, accepted?: readonly AcceptedBreak[]): { readonly isAllowed: boolean; readonly lines: readonly string[] };
