import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminInput, login, pairOf, reach, refreshInput, stateOf, times, type MakeTokenStore, type TokenStoreUnderTest,
} from './token-store-under-test.js';

export function describeRefresh(makeStore: MakeTokenStore): void {
  describe('refresh', () => {
    let store: TokenStoreUnderTest;
    beforeAll(async () => { store = await makeStore(); });
    afterAll(() => store.close());

    it('rotates the current generation and moves the idle end alone', async () => {
      const issued = await login(store.tokens, randomUUID());
      const input = refreshInput(issued, { idleTtlSeconds: 1_800 });
      const result = await store.tokens.refresh(input);
      expect(result.outcome).toBe('rotated');
      const pair = pairOf(result);
      expect(pair).toMatchObject({ generation: 2, access: { tokenId: input.newTokenId } });
      expect(pair.session).toEqual({
        ...issued.session, lastSeenAt: pair.access.issuedAt, idleExpiresAt: pair.access.issuedAt + 1_800, ipAddress: '192.0.2.8', userAgent: 'test/2',
      });
      expect(await stateOf(store, pair)).toBe('live');
    });

    it('answers the very same pair again within the grace, as often as asked', async () => {
      const issued = await login(store.tokens, randomUUID());
      const first = pairOf(await store.tokens.refresh(refreshInput(issued)));
      const again = await times(3, () => store.tokens.refresh(refreshInput(issued)));
      expect(again).toEqual(again.map(() => ({ ...first, outcome: 'replayed' })));
    });

    it('answers the current pair to an earlier generation whose own rotation is within the grace', async () => {
      const issued = await login(store.tokens, randomUUID());
      await store.tokens.refresh(refreshInput(issued));
      const third = pairOf(await store.tokens.refresh(refreshInput(issued, { generation: 2 })));
      expect(await store.tokens.refresh(refreshInput(issued))).toEqual({ ...third, outcome: 'replayed' });
    });

    it('remembers eight rotations and takes the ninth for reuse', async () => {
      const issued = await login(store.tokens, randomUUID());
      for (let generation = 1; generation <= 9; generation += 1) await store.tokens.refresh(refreshInput(issued, { generation, graceSeconds: 60 }));
      expect((await store.tokens.refresh(refreshInput(issued, { generation: 2, graceSeconds: 60 }))).outcome).toBe('replayed');
      expect((await store.tokens.refresh(refreshInput(issued, { generation: 1, graceSeconds: 60 }))).outcome).toBe('reused');
    });

    it('anchors the grace at the rotation: a replay does not extend it', async () => {
      const issued = await login(store.tokens, randomUUID());
      await store.tokens.refresh(refreshInput(issued));
      const rotatedBy = await store.now();
      await reach(store, rotatedBy + 600);
      expect((await store.tokens.refresh(refreshInput(issued, { graceSeconds: 1 }))).outcome).toBe('replayed');
      await reach(store, rotatedBy + 1_010);
      expect((await store.tokens.refresh(refreshInput(issued, { graceSeconds: 1 }))).outcome).toBe('reused');
    });

    it('ends the session with all its tokens when one is reused, and says so ever after', async () => {
      const issued = await login(store.tokens, randomUUID());
      const pair = pairOf(await store.tokens.refresh(refreshInput(issued)));
      expect(await store.tokens.refresh(refreshInput(issued, { graceSeconds: 0 }))).toEqual({ outcome: 'reused' });
      expect(await stateOf(store, issued)).toBe('reused');
      expect(await stateOf(store, pair)).toBe('reused');
      expect(await store.tokens.refresh(refreshInput(issued, { generation: 2 }))).toEqual({ outcome: 'refused', state: 'reused' });
      expect(await store.tokens.list(issued.session.userId)).toEqual([]);
    });

    it('knows neither another salt, nor a generation never given out, nor a session that is not there', async () => {
      const issued = await login(store.tokens, randomUUID());
      const unknown = { outcome: 'refused', state: 'unknown' };
      expect(await store.tokens.refresh(refreshInput(issued, { salt: 'AAAAAAAAAAAAAAAAAAAAAA' }))).toEqual(unknown);
      expect(await store.tokens.refresh(refreshInput(issued, { generation: 2 }))).toEqual(unknown);
      expect(await store.tokens.refresh(refreshInput(issued, { sessionId: randomUUID() }))).toEqual(unknown);
      expect(await store.tokens.refresh(refreshInput(issued, { userId: randomUUID() }))).toEqual(unknown);
      expect((await store.tokens.refresh(refreshInput(issued))).outcome).toBe('rotated');
    });

    it('has nothing to refresh in an admin-issued session', async () => {
      const { session } = await store.tokens.issueAdminToken(adminInput(randomUUID(), 60));
      expect(await store.tokens.sessionSecret(session.userId, session.id, session.idleExpiresAt)).toEqual({ state: 'unknown' });
    });

    it('gives the salt and the user’s epoch of a live session, and the salt with the reason of a dead one', async () => {
      const issued = await login(store.tokens, randomUUID(), { userEpoch: 9 });
      const { session, salt } = issued;
      const secret = { state: 'live', salt, userEpoch: 9, generation: 1, issuedAt: session.lastSeenAt, expiresAt: session.idleExpiresAt };
      /** Without the user's entry, which comes with it where it is in the same store. */
      const look = async () => {
        const { entry: _entry, ...found } = { entry: undefined, ...(await store.tokens.sessionSecret(session.userId, session.id, session.idleExpiresAt)) };
        return found;
      };
      expect(await look()).toEqual(secret);
      const next = pairOf(await store.tokens.refresh(refreshInput(issued))).session;
      const { lastSeenAt: issuedAt, idleExpiresAt: expiresAt } = next;
      expect(await look()).toEqual({ ...secret, generation: 2, issuedAt, expiresAt });
      await store.tokens.endSession(session.userId, session.id, 'ended');
      expect(await look()).toEqual({ state: 'ended', salt });
    });

    it.each([1, 0])('gives one successor to 64 parallel refreshes of one token (grace %i)', async (graceSeconds) => {
      const issued = await login(store.tokens, randomUUID());
      const results = await times(64, () => store.tokens.refresh(refreshInput(issued, { graceSeconds: graceSeconds * 30 })));
      expect(results.filter(({ outcome }) => outcome === 'rotated')).toHaveLength(1);
      if (graceSeconds === 0) {
        expect(results.filter(({ outcome }) => outcome === 'reused')).toHaveLength(1);
        return;
      }
      const pairs = results.map((result) => ({ ...pairOf(result), outcome: 'replayed' }));
      expect(pairs).toEqual(pairs.map(() => pairs[0]));
    });

    it('never survives an end-all that it races with', async () => {
      await times(40, async () => {
        const issued = await login(store.tokens, randomUUID());
        const [result] = await Promise.all([store.tokens.refresh(refreshInput(issued)), store.tokens.endAll(issued.session.userId, {})]);
        expect(await stateOf(store, issued)).toBe('ended');
        if (result.outcome === 'rotated') expect(await stateOf(store, result)).toBe('ended');
        else expect(result).toEqual({ outcome: 'refused', state: 'ended' });
      });
    });
  });
}
