import type { LimitState } from './limit-headers.js';
import type { Limit } from './limit.js';

/** Limits for a script that looks at them in the very step that they bound (`scripts/limit-room.lua`). */
export class LimitRoom {
  /** As `limits_in` reads it; empty where nothing is counted. */
  readonly text: string;

  constructor(
    private readonly charges: readonly { readonly limit: Limit; readonly key: string }[],
    private readonly note: (state: LimitState) => void,
  ) {
    this.text = charges.map(({ limit, key }) => limit.spelledOut(key)).join('');
  }

  /** What `limits_passed` answered. */
  passed(states: readonly number[]): void {
    this.charges.forEach(({ limit }, at) => this.note(limit.stateAt(states[2 * at]!, states[2 * at + 1]!)));
  }
}
