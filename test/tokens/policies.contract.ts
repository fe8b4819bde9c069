import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoginPolicy } from '../../src/kernel/config/index.js';
import { PLATFORMS, platformClass, type Platform } from '../../src/modules/auth/platform.js';
import type { IssueResult } from '../../src/modules/auth/tokens/index.js';
import {
  adminInput, clientOn, login, loginInput, POLICY, refreshInput, stateOf, times, type Issued, type MakeTokenStore, type TokenStoreUnderTest,
} from './token-store-under-test.js';
import { eventually } from '../kit/eventually.js';

/** How many of a place may live, and what is one place, under each policy. */
const RULES: readonly { readonly policy: LoginPolicy; readonly placeOf: (platform: Platform) => string | null; readonly limit: number }[] = [
  { policy: POLICY('unlimited', 'evict', 3), placeOf: (platform) => platform, limit: 3 },
  { policy: POLICY('one-per-platform'), placeOf: (platform) => platform, limit: 1 },
  { policy: POLICY('one-per-class'), placeOf: platformClass, limit: 1 },
  { policy: POLICY('desktop-and-one-other'), placeOf: (platform) => (platformClass(platform) === 'desktop' ? null : 'elsewhere'), limit: 1 },
  { policy: POLICY('single'), placeOf: () => 'anywhere', limit: 1 },
];
const LOGINS = 200;
const CAP = 100;
const EARLIER = 20;
const platformAt = (index: number): Platform => PLATFORMS[index % PLATFORMS.length]!;

const countBy = <T>(all: readonly T[], keyOf: (one: T) => string): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const key of all.map(keyOf)) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
};

export function describePolicies(makeStore: MakeTokenStore): void {
  describe('login policy', () => {
    let store: TokenStoreUnderTest;
    beforeAll(async () => { store = await makeStore(); });
    afterAll(() => store.close());

    const liveOf = async (userId: string): Promise<string[]> => (await store.tokens.list(userId)).map(({ id }) => id);

    it.each(RULES)('$policy.name leaves exactly what it says of 200 parallel logins, the victims the oldest, and told so', async ({ policy, placeOf, limit }) => {
      const userId = randomUUID();
      const loginAt = (i: number): Promise<Issued> => login(store.tokens, userId, { policy, client: clientOn(platformAt(i)) });
      const all = [...(await times(EARLIER, loginAt)), ...(await times(LOGINS, loginAt))];
      const live = await store.tokens.list(userId);
      const free = all.filter(({ session }) => placeOf(session.platform) === null).length;
      const places = PLATFORMS.map((platform) => placeOf(platform) ?? 'free');
      expect(countBy(live, ({ platform }) => placeOf(platform) ?? 'free')).toEqual(Object.fromEntries(places.map((place) => [place, place === 'free' ? free : limit])));
      const isLive = new Set(live.map(({ id }) => id));
      expect(all.slice(0, EARLIER).filter(({ session }) => placeOf(session.platform) !== null && isLive.has(session.id))).toEqual([]);
      const evicted = all.flatMap((issued) => issued.evicted);
      expect(new Set([...evicted, ...isLive]).size).toBe(all.length);
      const states = await Promise.all(all.map(async (issued) => [isLive.has(issued.session.id), await stateOf(store, issued)] as const));
      expect(states.filter(([mayLive, state]) => mayLive !== (state === 'live'))).toEqual([]);
      expect(states.filter(([, state]) => state === 'evicted')).toHaveLength(Math.min(100, evicted.length));
    });

    it('takes the oldest login first, however recently it was refreshed', async () => {
      const userId = randomUUID();
      const policy = POLICY('unlimited', 'evict', 3);
      const sessions: Issued[] = [];
      for (let i = 0; i < 3; i += 1) sessions.push(await login(store.tokens, userId, { policy }));
      await store.tokens.refresh(refreshInput(sessions[0]!));
      for (let i = 0; i < 3; i += 1) expect((await login(store.tokens, userId, { policy })).evicted).toEqual([sessions[i]!.session.id]);
    });

    it('brings a user who has too many down to the limit, oldest first', async () => {
      const userId = randomUUID();
      const before: string[] = [];
      for (let i = 0; i < 5; i += 1) before.push((await login(store.tokens, userId)).session.id);
      const { evicted, session } = await login(store.tokens, userId, { policy: POLICY('unlimited', 'evict', 2) });
      expect(evicted).toEqual(before.slice(0, 4));
      expect(await liveOf(userId)).toEqual([session.id, before[4]]);
    });

    it('tells an evicted client so until its own expiry, also after later logins', async () => {
      const userId = randomUUID();
      const single = { policy: POLICY('single') };
      const first = await login(store.tokens, userId, single);
      for (let i = 0; i < 5; i += 1) await login(store.tokens, userId, single);
      expect(await stateOf(store, first)).toBe('evicted');
      expect(await store.tokens.refresh(refreshInput(first))).toEqual({ outcome: 'refused', state: 'evicted' });
    });

    it.each(RULES)('$policy.name with deny lets in exactly as many and harms nobody', async ({ policy, placeOf, limit }) => {
      const userId = randomUUID();
      const deny: LoginPolicy = { ...policy, onLimit: 'deny' };
      const inputs = Array.from({ length: 60 }, (_, i) => loginInput(userId, { policy: deny, client: clientOn(platformAt(i)) }));
      const results = await Promise.all(inputs.map((input) => store.tokens.issue(input)));
      const isIssued = (result: IssueResult): result is Extract<IssueResult, { outcome: 'issued' }> => result.outcome === 'issued';
      const issued = results.filter(isIssued);
      expect(await Promise.all(issued.map((one) => stateOf(store, one)))).toEqual(issued.map(() => 'live'));
      const places = PLATFORMS.map((platform) => placeOf(platform) ?? 'free');
      expect(countBy(issued, ({ session }) => placeOf(session.platform) ?? 'free')).toEqual(
        Object.fromEntries(places.map((place) => [place, place === 'free' ? 18 : limit])),
      );
    });

    it('keeps no more than 100 sessions of a user: evict takes the oldest, deny refuses', async () => {
      const userId = randomUUID();
      const desktop = (policy: LoginPolicy) => ({ policy, client: clientOn('linux') });
      const first = await login(store.tokens, userId, desktop(POLICY('desktop-and-one-other')));
      await times(CAP - 1, () => login(store.tokens, userId, desktop(POLICY('desktop-and-one-other'))));
      expect(await liveOf(userId)).toHaveLength(CAP);
      expect(await store.tokens.issue(loginInput(userId, desktop(POLICY('desktop-and-one-other', 'deny'))))).toEqual({ outcome: 'denied' });
      expect((await login(store.tokens, userId, desktop(POLICY('desktop-and-one-other')))).evicted).toEqual([first.session.id]);
      expect(await liveOf(userId)).toHaveLength(CAP);
    });

    it('neither counts nor evicts what an admin issued', async () => {
      const userId = randomUUID();
      const granted = await times(3, () => store.tokens.issueAdminToken(adminInput(userId, 600, { client: clientOn('web') })));
      const own = await login(store.tokens, userId, { policy: POLICY('single', 'deny') });
      expect((await login(store.tokens, userId, { policy: POLICY('single') })).evicted).toEqual([own.session.id]);
      expect(await Promise.all(granted.map((grant) => stateOf(store, grant)))).toEqual(['live', 'live', 'live']);
      expect(await liveOf(userId)).toHaveLength(4);
    });

    it('does not count what has expired or ended', async () => {
      const userId = randomUUID();
      const deny = { policy: POLICY('single', 'deny') };
      const brief = await login(store.tokens, userId, { ...deny, accessTtlSeconds: 3, idleTtlSeconds: 3, maxTtlSeconds: 3 });
      expect((await store.tokens.issue(loginInput(userId, deny))).outcome).toBe('denied');
      await eventually('the brief token has expired', async () => (await store.now()) >= brief.access.expiresAt * 1_000);
      const second = await login(store.tokens, userId, deny);
      await store.tokens.endSession(userId, second.session.id, 'ended');
      await login(store.tokens, userId, deny);
      await store.tokens.endAll(userId, {});
      await login(store.tokens, userId, deny);
    });
  });
}
