import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  adminInput, clientOn, login, pairOf, reach, refreshInput, stateOf, times, verify, type Issued, type MakeTokenStore, type TokenStoreUnderTest,
} from './token-store-under-test.js';

/** Asks on and on in the last half second of a token, without pause at its end: live only before its `exp` by the store's clock, refused only at or after it. */
async function watchEnd(store: TokenStoreUnderTest, grant: Pick<Issued, 'access' | 'session'>): Promise<string> {
  const endMs = grant.access.expiresAt * 1_000;
  await reach(store, endMs - 500);
  for (let seenLive = 0; ; ) {
    const before = await store.now();
    const { state } = await verify(store, grant);
    const after = await store.now();
    if (state === 'live') {
      expect(before).toBeLessThan(endMs);
      seenLive += 1;
      if (endMs - after > 50) await new Promise((resolve) => setTimeout(resolve, 10));
    } else {
      expect(after).toBeGreaterThanOrEqual(endMs);
      expect(seenLive).toBeGreaterThan(0);
      return state;
    }
  }
}

export function describeLifetimes(makeStore: MakeTokenStore): void {
  describe('lifetimes', () => {
    let store: TokenStoreUnderTest;
    beforeAll(async () => { store = await makeStore(); });
    afterAll(() => store.close());

    it('gives iat as the whole second of the store and exp as iat plus the lifetime', async () => {
      const before = await store.now();
      const { access, session } = await login(store.tokens, randomUUID(), { accessTtlSeconds: 7, idleTtlSeconds: 20, maxTtlSeconds: 30 });
      const after = await store.now();
      expect(access.issuedAt).toBeGreaterThanOrEqual(Math.floor(before / 1_000));
      expect(access.issuedAt).toBeLessThanOrEqual(Math.floor(after / 1_000));
      expect(access.expiresAt).toBe(access.issuedAt + 7);
      expect(session).toMatchObject({
        createdAt: access.issuedAt, lastSeenAt: access.issuedAt, idleExpiresAt: access.issuedAt + 20, expiresAt: access.issuedAt + 30,
      });
    });

    it('says of a live token what was said when it was issued', async () => {
      const issued = await login(store.tokens, randomUUID(), { client: clientOn('ipad'), userEpoch: 41 });
      expect(await verify(store, issued)).toMatchObject({ state: 'live', platform: 'ipad', userEpoch: 41, access: issued.access });
    });

    it('accepts every token until its own exp and not a moment longer, whatever its siblings do', async () => {
      const userId = randomUUID();
      const grants = await times(9, (i) =>
        i % 3 === 2
          ? store.tokens.issueAdminToken(adminInput(userId, 2 + (i % 3)))
          : login(store.tokens, userId, { accessTtlSeconds: 2 + (i % 3), maxTtlSeconds: 5, idleTtlSeconds: 5 }));
      expect(await Promise.all(grants.map((grant) => watchEnd(store, grant)))).toEqual(grants.map(() => 'expired'));
    });

    it('lets no access token outlive the absolute end of its session', async () => {
      const issued = await login(store.tokens, randomUUID(), { accessTtlSeconds: 900, maxTtlSeconds: 3, idleTtlSeconds: 900 });
      expect(issued.access.expiresAt).toBe(issued.session.expiresAt);
      expect(issued.session.idleExpiresAt).toBe(issued.session.expiresAt);
      await reach(store, issued.access.issuedAt * 1_000 + 1_000);
      const pair = pairOf(await store.tokens.refresh(refreshInput(issued)));
      expect(pair.access.expiresAt).toBe(issued.session.expiresAt);
      expect(pair.session.expiresAt).toBe(issued.session.expiresAt);
      expect(await watchEnd(store, pair)).toBe('expired');
      expect((await store.tokens.sessionSecret(issued.session.userId, issued.session.id, issued.session.idleExpiresAt)).state).toMatch(/expired|lapsed/);
    });

    it('shortens no access token by an idle limit that is nearer', async () => {
      const issued = await login(store.tokens, randomUUID(), { accessTtlSeconds: 3, idleTtlSeconds: 1 });
      expect(issued.access.expiresAt).toBe(issued.access.issuedAt + 3);
      await reach(store, issued.session.idleExpiresAt * 1_000);
      expect(await stateOf(store, issued)).toBe('live');
      expect(await store.tokens.refresh(refreshInput(issued))).toEqual({ outcome: 'refused', state: 'expired' });
      expect(await watchEnd(store, issued)).toBe('expired');
    });

    it('leaves the life of earlier access tokens alone when the session rotates', async () => {
      const issued = await login(store.tokens, randomUUID(), { accessTtlSeconds: 3 });
      pairOf(await store.tokens.refresh(refreshInput(issued, { accessTtlSeconds: 1, idleTtlSeconds: 1 })));
      expect(await watchEnd(store, issued)).toBe('expired');
    });

    it('lets an admin-issued token live exactly as long as asked for, up to a year', async () => {
      const { access, session } = await store.tokens.issueAdminToken(adminInput(randomUUID(), 31_536_000));
      expect(access.expiresAt - access.issuedAt).toBe(31_536_000);
      expect(session).toMatchObject({ expiresAt: access.expiresAt, idleExpiresAt: access.expiresAt });
    });

    it('tells an unknown token from an expired one by the store’s clock', async () => {
      const ref = { userId: randomUUID(), sessionId: randomUUID(), tokenId: randomUUID() };
      const second = Math.floor((await store.now()) / 1_000);
      expect(await store.tokens.verify({ ...ref, expiresAt: second + 60 })).toEqual({ state: 'unknown' });
      expect(await store.tokens.verify({ ...ref, expiresAt: second })).toEqual({ state: 'expired' });
    });

    it('does not know a token of another session or another user', async () => {
      const [mine, other] = await times(2, () => login(store.tokens, randomUUID()));
      expect(await stateOf(store, { access: mine!.access, session: other!.session })).toBe('unknown');
      expect(await stateOf(store, { access: mine!.access, session: { ...mine!.session, userId: other!.session.userId } })).toBe('unknown');
      const sibling = await login(store.tokens, mine!.session.userId);
      expect(await stateOf(store, { access: mine!.access, session: sibling.session })).toBe('unknown');
    });
  });

  describe('what is left', () => {
    let store: TokenStoreUnderTest;
    beforeAll(async () => { store = await makeStore(); });
    afterAll(() => store.close());

    it('is nothing once everything has expired, and nothing was ever without an expiry', async () => {
      const users = Array.from({ length: 5 }, () => randomUUID());
      const short = { accessTtlSeconds: 1, idleTtlSeconds: 2, maxTtlSeconds: 3, policy: { name: 'unlimited', max: 4, onLimit: 'evict' } } as const;
      let isDone = false;
      const scans = (async () => {
        let worst = 0;
        while (!isDone) worst = Math.max(worst, await store.countWithoutExpiry());
        return worst;
      })();
      await Promise.all(users.map(async (userId) => {
        const all = await times(8, () => login(store.tokens, userId, short));
        await store.tokens.issueAdminToken(adminInput(userId, 2));
        await Promise.all(all.map((issued) => store.tokens.refresh(refreshInput(issued, { accessTtlSeconds: 2, idleTtlSeconds: 2 }))));
        await store.tokens.revokeToken({ userId, sessionId: all[7]!.session.id, tokenId: all[7]!.access.tokenId }, 'revoked');
        await store.tokens.endSession(userId, all[6]!.session.id, 'ended');
        await store.tokens.endAll(userId, { keep: { sessionId: all[5]!.session.id, userEpoch: 2 } });
        await login(store.tokens, userId, short);
      }));
      expect(await store.countLeft()).toBeGreaterThan(0);
      await reach(store, (await store.now()) + 3_100);
      isDone = true;
      expect(await scans).toBe(0);
      expect(await store.countLeft()).toBe(0);
    });
  });
}
