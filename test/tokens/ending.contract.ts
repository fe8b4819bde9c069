import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { TokenRef } from '../../src/modules/auth/tokens/index.js';
import {
  adminInput, clientOn, login, pairOf, POLICY, reach, refreshInput, stateOf, times, verify, type Issued, type MakeTokenStore, type TokenStoreUnderTest,
} from './token-store-under-test.js';

const refOf = ({ session, access }: Pick<Issued, 'session' | 'access'>): TokenRef => ({
  userId: session.userId, sessionId: session.id, tokenId: access.tokenId,
});

export function describeEnding(makeStore: MakeTokenStore): void {
  describe('ending', () => {
    let store: TokenStoreUnderTest;
    beforeAll(async () => { store = await makeStore(); });
    afterAll(() => store.close());

    it('revokes one token until its own expiry, and its session goes on', async () => {
      const issued = await login(store.tokens, randomUUID(), { accessTtlSeconds: 2 });
      expect(await store.tokens.revokeToken(refOf(issued), 'revoked')).toBe(true);
      expect(await store.tokens.revokeToken(refOf(issued), 'revoked')).toBe(false);
      expect(await stateOf(store, issued)).toBe('revoked');
      expect(await stateOf(store, pairOf(await store.tokens.refresh(refreshInput(issued))))).toBe('live');
      await reach(store, issued.access.expiresAt * 1_000 - 100);
      expect(await stateOf(store, issued)).toBe('revoked');
      await reach(store, issued.access.expiresAt * 1_000);
      expect(await stateOf(store, issued)).toBe('expired');
    });

    it('revokes and ends nothing that is not there', async () => {
      const [one, other] = await times(2, () => login(store.tokens, randomUUID()));
      expect(await store.tokens.revokeToken({ ...refOf(one!), tokenId: randomUUID() }, 'revoked')).toBe(false);
      expect(await store.tokens.revokeToken({ ...refOf(one!), sessionId: other!.session.id }, 'revoked')).toBe(false);
      expect(await store.tokens.endSession(one!.session.userId, other!.session.id, 'ended')).toBe(false);
      expect(await store.tokens.endSession(one!.session.userId, randomUUID(), 'ended')).toBe(false);
      await store.tokens.endAll(randomUUID(), {});
      await store.tokens.endPlatform(randomUUID(), 'web');
      expect(await stateOf(store, one!)).toBe('live');
      expect(await store.countWithoutExpiry()).toBe(0);
    });

    it('ends a session with all its tokens, and says why until they expire', async () => {
      const issued = await login(store.tokens, randomUUID());
      const pair = pairOf(await store.tokens.refresh(refreshInput(issued)));
      expect(await store.tokens.endSession(issued.session.userId, issued.session.id, 'ended')).toBe(true);
      expect(await store.tokens.endSession(issued.session.userId, issued.session.id, 'ended')).toBe(false);
      expect([await stateOf(store, issued), await stateOf(store, pair)]).toEqual(['ended', 'ended']);
      expect(await store.tokens.refresh(refreshInput(issued, { generation: 2 }))).toEqual({ outcome: 'refused', state: 'ended' });
    });

    it('has what it ends one by one told with the reason, once, and nothing of what ends with all', async () => {
      const userId = randomUUID();
      const [kicked, replaced, thief, onPhone, left] = await times(5, (index) => login(store.tokens, userId, { client: clientOn((['linux', 'web', 'windows', 'ios', 'macos'] as const)[index]) }));
      await store.tokens.endSession(userId, kicked!.session.id, 'ended');
      await store.tokens.endSession(userId, kicked!.session.id, 'ended');
      await login(store.tokens, userId, { policy: POLICY('one-per-platform') });
      await store.tokens.refresh(refreshInput(thief!));
      await store.tokens.refresh(refreshInput(thief!, { graceSeconds: 0 }));
      await store.tokens.endPlatform(userId, 'ios');
      await store.tokens.revokeToken(refOf(left!), 'revoked');
      const now = await store.now();
      await store.tokens.endAll(userId, {});
      const told = await store.toldOf(userId);
      expect(told.map(({ sessionId, reason, platform }) => [sessionId, reason, platform]).sort()).toEqual(
        [
          [kicked!.session.id, 'ended', 'linux'],
          [replaced!.session.id, 'evicted', 'web'],
          [thief!.session.id, 'reused', 'windows'],
          [onPhone!.session.id, 'ended', 'ios'],
        ].sort(),
      );
      for (const { endedAt, ...session } of told) {
        expect(session.userId).toBe(userId);
        expect(now - Date.parse(endedAt)).toBeLessThan(60_000);
      }
    });

    it('ends all sessions, admin-issued ones too, and later logins are untouched', async () => {
      const userId = randomUUID();
      const before = [...(await times(3, () => login(store.tokens, userId))), await store.tokens.issueAdminToken(adminInput(userId, 60))];
      await store.tokens.endAll(userId, {});
      expect(await Promise.all(before.map((grant) => stateOf(store, grant)))).toEqual(before.map(() => 'ended'));
      const later = await login(store.tokens, userId);
      expect(await stateOf(store, later)).toBe('live');
      expect((await store.tokens.list(userId)).map(({ id }) => id)).toEqual([later.session.id]);
    });

    it('keeps the one session it is asked to keep, under the new epoch of the user', async () => {
      const userId = randomUUID();
      const [kept, other] = await times(2, () => login(store.tokens, userId, { userEpoch: 1 }));
      const keep = { sessionId: kept!.session.id, userEpoch: 2 };
      await store.tokens.endAll(userId, { keep });
      expect(await verify(store, kept!)).toMatchObject({ state: 'live', userEpoch: 2 });
      expect(await stateOf(store, other!)).toBe('ended');
      await store.tokens.endAll(userId, { keep: { ...keep, userEpoch: 3 } });
      expect(await verify(store, kept!)).toMatchObject({ state: 'live', userEpoch: 3 });
      await store.tokens.endAll(userId, { keep: { sessionId: other!.session.id, userEpoch: 4 } });
      expect([await stateOf(store, kept!), await stateOf(store, other!)]).toEqual(['ended', 'ended']);
    });

    it('ends sessions by end-all also when an earlier end-all is older than every session that is left', async () => {
      const userId = randomUUID();
      await login(store.tokens, userId, { accessTtlSeconds: 1, idleTtlSeconds: 1, maxTtlSeconds: 1 });
      await store.tokens.endAll(userId, {});
      const second = await login(store.tokens, userId);
      await reach(store, (await store.now()) + 1_200);
      await store.tokens.endAll(userId, {});
      expect(await stateOf(store, second)).toBe('ended');
      expect(await stateOf(store, await login(store.tokens, userId))).toBe('live');
    });

    it('ends a long session by end-all also after a shorter and later one has gone', async () => {
      const userId = randomUUID();
      const long = await login(store.tokens, userId);
      const brief = await login(store.tokens, userId, { accessTtlSeconds: 1, idleTtlSeconds: 1, maxTtlSeconds: 1 });
      await reach(store, brief.session.expiresAt * 1_000 + 50);
      expect(await stateOf(store, long)).toBe('live');
      await store.tokens.endAll(userId, {});
      expect(await stateOf(store, long)).toBe('ended');
    });

    it('ends the sessions of one platform alone', async () => {
      const userId = randomUUID();
      const [web, ios] = [await login(store.tokens, userId), await login(store.tokens, userId, { client: clientOn('ios') })];
      await store.tokens.endPlatform(userId, 'web');
      expect([await stateOf(store, web), await stateOf(store, ios)]).toEqual(['ended', 'live']);
    });

    it('lists live sessions, newest first, with what was said at login', async () => {
      const userId = randomUUID();
      const first = await login(store.tokens, userId, { client: { platform: 'macos', deviceName: null, ipAddress: null, userAgent: null } });
      const second = await store.tokens.issueAdminToken(adminInput(userId, 60));
      const third = await login(store.tokens, userId, { client: { platform: 'web', deviceName: '', ipAddress: '::1', userAgent: 'é\n"' } });
      expect(await store.tokens.list(userId)).toEqual([third.session, second.session, first.session]);
      expect(await store.tokens.list(randomUUID())).toEqual([]);
    });

    it('remembers at most 100 dead sessions of a user, the last ones, and no earlier one comes back to life', async () => {
      const userId = randomUUID();
      const all: Issued[] = [];
      for (let i = 0; i < 120; i += 1) all.push(await login(store.tokens, userId, { policy: POLICY('single') }));
      const states = await Promise.all(all.map((issued) => stateOf(store, issued)));
      expect(states.slice(0, 19)).toEqual(Array(19).fill('unknown'));
      expect(states.slice(19, 119)).toEqual(Array(100).fill('evicted'));
      expect(states[119]).toBe('live');
    });

    it('lets nothing of a session survive when ending, evicting and refreshing race', async () => {
      await times(30, async () => {
        const userId = randomUUID();
        const issued = await login(store.tokens, userId);
        const [refreshed] = await Promise.all([
          store.tokens.refresh(refreshInput(issued)),
          store.tokens.endSession(userId, issued.session.id, 'ended'),
          login(store.tokens, userId, { policy: POLICY('single') }),
        ]);
        const states = [await stateOf(store, issued), ...(refreshed.outcome === 'rotated' ? [await stateOf(store, refreshed)] : [])];
        for (const state of states) expect(['ended', 'evicted']).toContain(state);
        expect(await store.tokens.list(userId)).toHaveLength(1);
      });
    });
  });
}
