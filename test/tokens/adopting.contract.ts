import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { AdoptInput, VerifyResult } from '../../src/modules/auth/tokens/index.js';
import { clientOn, login, POLICY, reach, times, type MakeTokenStore, type TokenStoreUnderTest } from './token-store-under-test.js';

export function describeAdopting(makeStore: MakeTokenStore): void {
  describe('adopting', () => {
    let store: TokenStoreUnderTest;
    beforeAll(async () => { store = await makeStore(); });
    afterAll(() => store.close());

    const adoptInput = async (ttlSeconds: number, overrides: Partial<AdoptInput> = {}): Promise<AdoptInput> => {
      const now = Math.floor((await store.now()) / 1000);
      const ids = { userId: randomUUID(), sessionId: randomUUID(), tokenId: randomUUID() };
      return { ...ids, client: clientOn('ios'), userEpoch: 3, issuedAt: now - 1_000, expiresAt: now + ttlSeconds, endReason: null, ...overrides };
    };
    const verify = (input: AdoptInput): Promise<VerifyResult> => store.tokens.verify(input);

    it('brings a token in with its own times, and it ends exactly then', async () => {
      const input = await adoptInput(2);
      expect(await store.tokens.adopt(input)).toBe('adopted');
      expect(await verify(input)).toMatchObject({
        state: 'live', platform: 'ios', userEpoch: 3, access: { tokenId: input.tokenId, issuedAt: input.issuedAt, expiresAt: input.expiresAt },
      });
      expect(await store.tokens.list(input.userId)).toMatchObject([{ id: input.sessionId, createdAt: input.issuedAt, expiresAt: input.expiresAt, idleExpiresAt: input.expiresAt }]);
      expect(await store.countWithoutExpiry()).toBe(0);
      await reach(store, input.expiresAt * 1_000 - 100);
      expect((await verify(input)).state).toBe('live');
      await reach(store, input.expiresAt * 1_000);
      expect((await verify(input)).state).toBe('expired');
      expect(await store.tokens.list(input.userId)).toEqual([]);
    });

    it('brings nothing in that has expired', async () => {
      const input = await adoptInput(0);
      expect(await store.tokens.adopt(input)).toBe('expired');
      expect((await verify(input)).state).toBe('expired');
      expect(await store.tokens.list(input.userId)).toEqual([]);
    });

    it('keeps what was kicked dead, with its reason', async () => {
      const input = await adoptInput(60, { endReason: 'evicted' });
      expect(await store.tokens.adopt(input)).toBe('adopted');
      expect((await verify(input)).state).toBe('evicted');
      expect(await store.tokens.list(input.userId)).toEqual([]);
    });

    it('changes nothing the second time, whatever happened to it since', async () => {
      const input = await adoptInput(60);
      expect(await times(5, () => store.tokens.adopt(input)).then((outcomes) => outcomes.sort())).toEqual(['adopted', 'known', 'known', 'known', 'known']);
      await store.tokens.endSession(input.userId, input.sessionId, 'ended');
      expect(await store.tokens.adopt({ ...input, expiresAt: input.expiresAt + 900 })).toBe('known');
      expect((await verify(input)).state).toBe('ended');
    });

    it('is neither counted nor evicted by a policy, and ends with all the rest', async () => {
      const input = await adoptInput(60);
      await store.tokens.adopt(input);
      await login(store.tokens, input.userId, { policy: POLICY('single') });
      await login(store.tokens, input.userId, { policy: POLICY('single') });
      expect((await verify(input)).state).toBe('live');
      await store.tokens.endAll(input.userId, {});
      expect((await verify(input)).state).toBe('ended');
    });
  });
}
