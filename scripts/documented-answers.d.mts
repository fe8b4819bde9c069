export interface Coverage {
  readonly total: number;
  readonly seen: number;
  readonly missing: readonly string[];
  readonly stale: readonly string[];
}

export function documentedAnswers(document: object): string[];
export function coverageOf(document: object, seenLines: readonly string[], accepted: Readonly<Record<string, readonly string[]>>): Coverage;
export function reportCoverage(answersFile: URL | string): boolean;
