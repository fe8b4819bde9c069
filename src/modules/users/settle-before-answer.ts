import { outcomeUnknown } from '../../kernel/errors/index.js';

/** Waits between attempts to run what must be done before the answer: about two seconds in all. */
const SETTLE_DELAYS_MS = [25, 75, 150, 300, 600, 850] as const;
const SETTLE_LIMIT_MS = 2_500;

/**
 * What must be done after the commit and before the answer (guarantees §4). After a few failures nobody can say what readers
 * see: throws `request.outcome_unknown`.
 */
export async function settleBeforeAnswer(work: () => Promise<void>): Promise<void> {
  const startedAt = performance.now();
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      const delayMs = SETTLE_DELAYS_MS[attempt];
      if (delayMs === undefined || performance.now() - startedAt + delayMs > SETTLE_LIMIT_MS) throw outcomeUnknown(error);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }
}
