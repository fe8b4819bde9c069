import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { EventPhase } from '../../src/kernel/events/index.js';
import type { UserSnapshot } from '../../src/modules/users/index.js';
import { UserSnapshotCache } from '../../src/modules/users/user-snapshot-cache.js';
import { UserAdminService } from '../../src/modules/users/user-admin.service.js';
import { UserWrites } from '../../src/modules/users/user-writes.js';
import { usersRig, type UsersRig } from './users-rig.js';
import { eventually } from '../kit/eventually.js';

const EVENTS = ['user.created', 'user.changed', 'user.deleted', 'avatar.changed'] as const;
const PICTURE = { key: 'ab'.repeat(32) };

describe.each([
  ['on PostgreSQL alone', false],
  ['with the cache in Redis', true],
])('writing a user %s', (_name, isWithRedis) => {
  let rig: UsersRig;
  let writes: UserWrites;
  let admin: UserAdminService;
  /** What happened, in order; `failing` throws where a test wants a crash. */
  const log: string[] = [];
  let failing: (event: string, phase: EventPhase) => Error | null = () => null;

  beforeAll(async () => {
    rig = await usersRig({ isWithRedis });
    writes = rig.get(UserWrites);
    admin = rig.get(UserAdminService);
    for (const event of EVENTS) {
      for (const phase of ['beforeCommit', 'beforeAnswer', 'delivered'] as const) {
        rig.bus.on(event, phase, async ({ userId }) => {
          const { rows } = await rig.observer.query<{ version: number }>('SELECT version FROM users WHERE id = $1', [userId]);
          log.push(`${event} ${phase} sees ${rows[0]?.version ?? 'nothing'}`);
          const failure = failing(event, phase);
          if (failure) throw failure;
        });
      }
    }
  });
  afterAll(() => rig?.close());
  afterEach(() => {
    failing = () => null;
    jest.restoreAllMocks();
  });
  /** Until this instance has heard of everything that was committed. */
  const delivered = async (): Promise<void> => {
    const unheard = `SELECT FROM event_log WHERE position IS NULL OR position > (SELECT min(position) FROM event_followers WHERE name <> 'webhooks')
      UNION ALL SELECT WHERE NOT EXISTS (SELECT FROM event_followers WHERE name <> 'webhooks') LIMIT 1`;
    await eventually('every committed event is delivered', async () => (await rig.observer.query(unheard)).rowCount === 0);
  };
  const versionOf = async (user: UserSnapshot): Promise<number | undefined> => (await rig.users.snapshot(user.userId))?.version;

  it('fences before the commit, again after it, answers, and then delivers', async () => {
    const user = await rig.add();
    await delivered();
    log.length = 0;
    jest.spyOn(rig.get(UserSnapshotCache), 'fence').mockImplementation(async (_id, version) => void log.push(`fence ${version}`));
    await rig.users.changeAvatar(user.userId, PICTURE);
    log.push('answered');
    await delivered();
    expect(log).toEqual([
      'fence 2',
      'avatar.changed beforeCommit sees 1',
      'fence 2',
      'avatar.changed beforeAnswer sees 2',
      'answered',
      'avatar.changed delivered sees 2',
    ]);
  });

  describe.each([
    ['creating', (): Promise<unknown> => rig.add({ username: 'never-made' })],
    ['changing', (user: UserSnapshot): Promise<unknown> => admin.change(user.userId, { displayName: 'Never' })],
    ['changing the avatar of', (user: UserSnapshot): Promise<unknown> => rig.users.changeAvatar(user.userId, PICTURE)],
    ['ending the sessions of', (user: UserSnapshot): Promise<unknown> => rig.users.raiseSessionEpoch(user.userId, null)],
    ['deleting', (user: UserSnapshot): Promise<unknown> => admin.remove(user.userId)],
  ])('when %s a user fails', (what, act) => {
    it('before the commit, nothing was changed and nobody hears of it', async () => {
      const user = await rig.add();
      await delivered();
      log.length = 0;
      failing = (_event, phase) => (phase === 'beforeCommit' ? new Error('a crash') : null);
      await expect(act(user)).rejects.toThrow('a crash');
      failing = () => null;
      await delivered();
      expect(log).toHaveLength(1);
      expect(await rig.users.snapshot(user.userId)).toEqual(user);
      expect(await rig.users.credentials('never-made')).toBeNull();
    });

    it('for a moment after the commit, it is tried again and answered', async () => {
      const user = await rig.add();
      let failures = 3;
      failing = (_event, phase) => (phase === 'beforeAnswer' && failures-- > 0 ? new Error('away') : null);
      await act(user);
      expect(failures).toBeLessThanOrEqual(0);
      if (what === 'creating') await admin.remove((await rig.users.credentials('never-made'))!.userId);
    });
  });

  it('answers that the outcome is unknown when the second fence fails for good, and nobody reads the old version', async () => {
    const user = await rig.add();
    await versionOf(user);
    const cache = rig.get(UserSnapshotCache);
    const fence = cache.fence.bind(cache);
    let calls = 0;
    jest.spyOn(cache, 'fence').mockImplementation((id, version) => (calls++ === 0 ? fence(id, version) : Promise.reject(new Error('no answer'))));
    const startedAt = performance.now();
    await expect(admin.change(user.userId, { displayName: 'Nobody knows' })).rejects.toMatchObject({ code: 'request.outcome_unknown', status: 503 });
    expect(performance.now() - startedAt).toBeGreaterThan(1_500);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    expect(await versionOf(user)).toBe(2);
  });

  it('changes nothing when the first fence fails', async () => {
    const user = await rig.add();
    jest.spyOn(rig.get(UserSnapshotCache), 'fence').mockRejectedValue(new Error('no answer'));
    await expect(admin.change(user.userId, { displayName: 'Never' })).rejects.toThrow('no answer');
    expect(await versionOf(user)).toBe(1);
  });

  it('gives every one of 30 changes at once a version of its own', async () => {
    const user = await rig.add();
    const changed = await Promise.all(Array.from({ length: 30 }, (_, index) => admin.change(user.userId, { displayName: `Name ${index}` })));
    expect(changed.map(({ version }) => version).sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, index) => index + 2));
    expect(await versionOf(user)).toBe(31);
  });

  it('raises no version and tells nobody when nothing differs, but fences before it answers', async () => {
    const user = await rig.add({ displayName: 'Ada' });
    await delivered();
    log.length = 0;
    const fence = jest.spyOn(rig.get(UserSnapshotCache), 'fence');
    expect(await admin.change(user.userId, { displayName: ' Ada ', roles: [], disabled: false })).toEqual(user);
    await delivered();
    expect(fence).toHaveBeenCalledWith(user.userId, 1);
    expect(log).toEqual(['user.changed beforeAnswer sees 1']);
  });

  it('makes one account of ten that want the same address in different letters, and tells the others why', async () => {
    const results = await Promise.allSettled(Array.from({ length: 10 }, (_, index) => rig.add({ email: index % 2 ? 'RACE@example.test' : 'race@Example.test' })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []));
    expect(reasons).toEqual(Array(9).fill('user.email_taken'));
  });

  it('gives one of ten users the username that all want', async () => {
    const users = await Promise.all(Array.from({ length: 10 }, () => rig.add()));
    const results = await Promise.allSettled(users.map(({ userId }) => admin.change(userId, { username: 'Wanted' })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const losers = users.filter((_, index) => results[index]!.status === 'rejected');
    for (const loser of losers) expect((await rig.users.snapshot(loser.userId))?.dto).toEqual(loser.dto);
    expect(results.flatMap((result) => (result.status === 'rejected' ? [result.reason.code] : []))).toEqual(Array(9).fill('user.username_taken'));
  });

  it('rolls back what ran within the creation, and gives the roles it names', async () => {
    const made = await rig.users.create({ email: 'within@example.test', username: 'within' }, async () => ({ roles: ['editor'] }));
    expect(made.roles).toEqual(['editor']);
    expect((await rig.users.snapshot(made.userId))?.roles).toEqual(['editor']);
    const failing = rig.users.create({ email: 'without@example.test', username: 'without' }, async () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    expect(await rig.users.credentials('without')).toBeNull();
  });

  it('keeps one admin when two take the other’s rights at once, whichever way', async () => {
    const ways = [
      (id: string) => admin.change(id, { roles: [] }),
      (id: string) => admin.change(id, { disabled: true }),
      (id: string) => admin.remove(id),
    ];
    let left = await rig.add({ roles: ['admin'] });
    for (let round = 0; round < 12; round += 1) {
      const other = await rig.add({ roles: ['admin'] });
      const pair = [left, other];
      const results = await Promise.allSettled(pair.map(({ userId }) => ways[round % 3]!(userId)));
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(results.find((result) => result.status === 'rejected')).toMatchObject({ reason: { code: 'user.last_admin', status: 409 } });
      left = pair[results.findIndex(({ status }) => status === 'rejected')]!;
    }
    await expect(admin.change(left.userId, { disabled: true })).rejects.toMatchObject({ code: 'user.last_admin' });
  });

  it('says once there is an admin that there is one, and lets one at a time ask before', async () => {
    const fresh = await usersRig({ isWithRedis: false });
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        fresh.users.create({ email: `first${index}@example.test`, username: `first${index}` }, async (manager) => ({
          roles: (await fresh.users.hasAdmin(manager)) ? [] : ['admin'],
        })),
      ),
    ).finally(() => fresh.close());
    expect(results.filter(({ roles }) => roles.includes('admin'))).toHaveLength(1);
  });

  it('ends every session in the same change that disables', async () => {
    const user = await rig.add();
    await rig.users.raiseSessionEpoch(user.userId, user.userId);
    expect(await rig.users.snapshot(user.userId)).toMatchObject({ sessionEpoch: 1, exceptedSessionId: user.userId, version: 2 });
    const heard: unknown[] = [];
    rig.bus.on('user.changed', 'beforeAnswer', (payload) => void (payload.userId === user.userId && heard.push(payload)));
    const disabled = await admin.change(user.userId, { disabled: true, displayName: 'Gone' });
    expect(disabled).toMatchObject({ disabled: true, sessionEpoch: 2, exceptedSessionId: null, version: 3 });
    expect(heard).toEqual([{ userId: user.userId, version: 3, endsSessions: true }]);
    expect(await admin.change(user.userId, { disabled: false })).toMatchObject({ disabled: false, sessionEpoch: 2 });
  });

  it('says that sessions are over also when the same change brings another picture', async () => {
    const user = await rig.add();
    const heard: unknown[] = [];
    rig.bus.on('user.changed', 'beforeCommit', (payload) => void (payload.userId === user.userId && heard.push(payload)));
    await writes.change(user.userId, () => ({ set: { pictureKey: PICTURE.key }, endsSessions: true }));
    expect(heard).toEqual([{ userId: user.userId, version: 2, endsSessions: true }]);
  });

  it('writes down for everybody what is for everybody, and nothing else', async () => {
    const user = await rig.add();
    const set = { email: `other-${user.userId}@example.test`, emailVerified: true, pendingEmail: 'p@example.test', roles: ['editor'], passwordHash: 'x', pictureKey: PICTURE.key };
    await writes.change(user.userId, () => ({ set, endsSessions: true }));
    const { rows } = await rig.observer.query<{ name: string }>(`SELECT DISTINCT name FROM event_log WHERE payload->>'userId' = $1`, [user.userId]);
    expect(rows.map(({ name }) => name).sort()).toEqual(['avatar.changed', 'sessions.ended', 'user.changed', 'user.created']);
  });

  it('hashes a password anew without a new version, unless it was changed meanwhile', async () => {
    const user = await rig.add({ password: 'correct horse battery' });
    const { passwordHash } = (await rig.users.credentials(user.dto.email))!;
    await writes.replaceHash(user.userId, 'another', 'never');
    expect((await rig.users.credentials(user.dto.email))!.passwordHash).toBe(passwordHash);
    await writes.replaceHash(user.userId, passwordHash!, 'anew');
    expect(await rig.users.credentials(user.dto.email)).toMatchObject({ passwordHash: 'anew', snapshot: { version: 1 } });
  });
});
