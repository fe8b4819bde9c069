import { describe } from '@jest/globals';
import { describeAdopting } from './adopting.contract.js';
import { describeEnding } from './ending.contract.js';
import { describeLifetimes } from './lifetimes.contract.js';
import { describePolicies } from './policies.contract.js';
import { describeRefresh } from './refresh.contract.js';
import type { MakeTokenStore } from './token-store-under-test.js';

/** What every token repository must do (guarantees §1–3), whatever it is built on. */
export function describeTokenRepository(name: string, makeStore: MakeTokenStore): void {
  describe(`${name} token repository`, () => {
    describeLifetimes(makeStore);
    describeRefresh(makeStore);
    describePolicies(makeStore);
    describeEnding(makeStore);
    describeAdopting(makeStore);
  });
}
