import { randomInt } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { eventually } from '../kit/eventually.js';
import type { TokenStoreUnderTest } from '../tokens/token-store-under-test.js';
import { RandomLife } from './random-life.js';
import { Gate, inLanes, isLong, PROOF_TIMEOUT_MS, scaled, tell } from './scale.js';
import { Verdicts, type WatchedToken } from './watched-token.js';

const TOKENS_PER_USER = 12;
/** At each store; a short run has fewer, because each token is looked at four times and more. */
const TOKENS = isLong ? 100_000 : scaled(40_000);
const MAX_TTL_SECONDS = isLong ? 60 : 6;
/** Users to whom things happen at once. */
const USERS = isLong ? 150 : 100;

export interface ProvenStore {
  readonly name: string;
  readonly questionsAtOnce: number;
  readonly isOneConnection: boolean;
  /** `isEmpty`: nothing at all is left in it. */
  readonly open: () => Promise<TokenStoreUnderTest & { readonly isEmpty: () => Promise<boolean> }>;
}

/** The moments at which a token is looked at: in its life, just before its end, at it, just after it. */
const momentsOf = ({ access }: WatchedToken): number[] => {
  const [from, to] = [access.issuedAt * 1_000, access.expiresAt * 1_000];
  const atTheEnd = randomInt(8) === 0 ? [to - 2, to - 1, to, to + 1] : [];
  return [from + randomInt(to - from), to - 1 - randomInt(300), ...atTheEnd, to + randomInt(300)];
};

export const proveLifetimes = ({ name, questionsAtOnce, isOneConnection, open }: ProvenStore): void => describe('promise 1: a token lives exactly as long as it was issued for', () => {
  it(`${TOKENS} tokens on ${name}, whatever becomes of the others`, async () => {
    const store = await open();
    try {
      const verdicts = new Verdicts(store, isOneConnection);
      const questions = new Set<Promise<void>>();
      const gate = new Gate(questionsAtOnce);
      let [count, lastEnd, scans, withoutExpiry] = [0, 0, 0, 0];
      const ask = async (token: WatchedToken, at: number): Promise<void> => {
        await sleep(Math.max(0, at - Date.now()));
        await gate.run(() => verdicts.ask(token));
      };
      const watch = (token: WatchedToken): void => {
        count += 1;
        lastEnd = Math.max(lastEnd, token.access.expiresAt * 1_000);
        for (const at of momentsOf(token)) {
          const question: Promise<void> = ask(token, at).finally(() => questions.delete(question));
          question.catch(() => undefined);
          questions.add(question);
        }
      };
      let isOver = false;
      const scanning = (async () => {
        for (; !isOver; scans += 1) {
          withoutExpiry = Math.max(withoutExpiry, await store.countWithoutExpiry());
          await sleep(randomInt(2_000));
        }
      })();
      // No faster than the questions are answered: one that comes too late proves nothing.
      const pause = async (): Promise<void> => {
        await sleep(randomInt(120));
        await gate.calm();
      };
      await inLanes(`users on ${name}`, Math.ceil(TOKENS / TOKENS_PER_USER), USERS, () => new RandomLife(store.tokens, MAX_TTL_SECONDS, watch).live(TOKENS_PER_USER, pause));
      if (isLong) tell(`${count} tokens on ${name} issued; their last ends are waited for`);
      while (questions.size > 0) await Promise.all(questions);
      isOver = true;
      await scanning;
      tell(`${count} tokens on ${name}: ${verdicts.summary}; ${scans} scans`);
      expect(verdicts.faults).toEqual([]);
      // Proves nothing unless it was in time to see them alive.
      expect(verdicts.seen.get('live')).toBeGreaterThan(TOKENS / 10);
      expect(withoutExpiry).toBe(0);
      expect(count).toBeGreaterThanOrEqual(TOKENS);
      // A session lives on as long as its idle limit, so a little longer than its last token.
      const withinMs = Math.max(0, lastEnd - Date.now()) + MAX_TTL_SECONDS * 1_000 + 20_000;
      await eventually(`nothing is left on ${name}`, () => store.isEmpty(), { withinMs, everyMs: 200 });
    } finally {
      await store.close();
    }
  }, PROOF_TIMEOUT_MS);
});
