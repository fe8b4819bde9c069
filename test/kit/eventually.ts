import { setTimeout as sleep } from 'node:timers/promises';

/** Half of jest's own limit, so that the test says what it waited for before jest says that it took too long. */
const LIMIT_MS = 60_000;

/**
 * Asks every `everyMs` until `holds` answers something truthy, and resolves to that answer. Rejects after `withinMs`, with `what` in the message: say it as
 * a sentence, such as 'the session is ended'. An error of `holds` is thrown at once.
 */
export async function eventually<T>(what: string, holds: () => T | Promise<T>, { withinMs = LIMIT_MS, everyMs = 10 } = {}): Promise<T> {
  for (const deadline = performance.now() + withinMs; ; await sleep(everyMs)) {
    const answer = await holds();
    if (answer) return answer;
    if (performance.now() > deadline) throw new Error(`not within ${withinMs / 1_000} s: ${what}`);
  }
}
