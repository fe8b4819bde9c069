export const SWEEP_PHASES = ['superseded', 'sources', 'variants', 'missing', 'done'] as const;
export type SweepPhase = (typeof SWEEP_PHASES)[number];

/** What a sweep has done so far; with `dryRun`, what it would have done. */
export interface SweepProgress {
  readonly phase: SweepPhase;
  readonly dryRun: boolean;
  /** Names looked at, in the store and in the database. */
  readonly examined: number;
  /** Uploaded pictures whose grace (AVATAR_SUPERSEDED_TTL_SECONDS) was over. */
  readonly superseded: number;
  /** Uploaded pictures that no row names, and that nobody wrote for 24 hours. */
  readonly orphans: number;
  /** Generated pictures that nobody was shown with for the grace. */
  readonly generated: number;
  /** Unfinished files of writers that crashed. */
  readonly leftovers: number;
  /** Pictures that rows name and that are not in the store: a failure for people to look at. */
  readonly missing: number;
  /** Of those, some. */
  readonly missingKeys: readonly string[];
  /** Objects that the server never put there; they are left alone. */
  readonly foreign: number;
  /** Names that could not be dealt with because the store or the database failed; the next sweep tries again. */
  readonly failed: number;
}

export interface SweepOptions {
  /** Removes nothing, and says what would be removed. */
  readonly dryRun: boolean;
  /** Called after every few hundred names, and at the end of each phase. */
  readonly onProgress?: (progress: SweepProgress) => void;
}

const MAX_MISSING_NAMED = 100;

type Counter = 'examined' | 'superseded' | 'generated' | 'leftovers' | 'foreign' | 'failed';

/** Counts one sweep. */
export class SweepTally {
  private readonly counts: Record<Counter, number> = { examined: 0, superseded: 0, generated: 0, leftovers: 0, foreign: 0, failed: 0 };
  /** By key: one orphan has a source and variants, and is met twice. */
  private readonly orphans = new Set<string>();
  private readonly missingKeys: string[] = [];
  private missing = 0;
  private phase: SweepPhase = 'superseded';

  constructor(private readonly options: SweepOptions) {}

  get dryRun(): boolean {
    return this.options.dryRun;
  }

  count(counter: Counter, by = 1): void {
    this.counts[counter] += by;
  }

  isOrphan(key: string): void {
    this.orphans.add(key);
  }

  isMissing(key: string): void {
    this.missing += 1;
    if (this.missingKeys.length < MAX_MISSING_NAMED) this.missingKeys.push(key);
  }

  enter(phase: SweepPhase): void {
    this.phase = phase;
    this.tell();
  }

  tell(): void {
    this.options.onProgress?.(this.progress());
  }

  progress(): SweepProgress {
    return { phase: this.phase, dryRun: this.dryRun, ...this.counts, orphans: this.orphans.size, missing: this.missing, missingKeys: [...this.missingKeys] };
  }
}
