export interface BreakingChange {
  readonly where: string;
  readonly what: string;
}

export function breakingChanges(before: object, after: object): BreakingChange[];
