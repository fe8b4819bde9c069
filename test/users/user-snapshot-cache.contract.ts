import { beforeEach, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import type { UserSnapshotCache } from '../../src/modules/users/user-snapshot-cache.js';
import type { UserRecord } from '../../src/modules/users/user-record.js';

export const userRecord = (version: number, id: string = randomUUID()): UserRecord => ({
  id,
  externalId: null,
  email: 'ada@example.test',
  emailVerified: false,
  pendingEmail: null,
  username: 'ada',
  displayName: 'Ada “Countess” \u2028 👩🏽‍🚀',
  locale: null,
  roles: ['admin'],
  disabled: false,
  gravatarOptIn: false,
  pictureKey: null,
  generatedKey: '0'.repeat(32),
  initials: 'A',
  colour: '#123456',
  sessionEpoch: 0,
  exceptedSessionId: null,
  version,
  createdAt: '2026-11-20T00:00:00.000Z',
  updatedAt: '2026-11-20T00:00:00.000Z',
});

/** What every cache of users promises, also the one that keeps nothing. */
export const describeUserSnapshotCache = (name: string, cache: () => UserSnapshotCache): void => {
  describe(`the cache of users (${name})`, () => {
    let user: UserRecord;
    const marker = async (): Promise<string> => {
      const found = await cache().read(user.id);
      if (found.hit) throw new Error('a hit');
      return found.marker;
    };
    beforeEach(() => {
      user = userRecord(7);
    });

    it('has nothing of a user it never saw', async () => {
      expect((await cache().read(user.id)).hit).toBe(false);
    });

    it('serves a value it took exactly as it was given, and one it refused never', async () => {
      const isKept = await cache().fill(await marker(), user);
      expect(await cache().read(user.id)).toEqual(isKept ? { hit: true, user } : { hit: false, marker: expect.any(String) });
    });

    it('serves nothing that was filled before a fence', async () => {
      await cache().fill(await marker(), user);
      await cache().fence(user.id, 8);
      expect((await cache().read(user.id)).hit).toBe(false);
    });

    it('takes no value under a marker from before a fence', async () => {
      const before = await marker();
      await cache().fence(user.id, 8);
      expect(await cache().fill(before, { ...user, version: 8 })).toBe(false);
      expect((await cache().read(user.id)).hit).toBe(false);
    });

    it('takes no value older than the fence, whose marker it met', async () => {
      await cache().fence(user.id, 8);
      expect(await cache().fill(await marker(), user)).toBe(false);
      expect((await cache().read(user.id)).hit).toBe(false);
    });

    it('is not led back by a fence of an older version', async () => {
      await cache().fence(user.id, 8);
      await cache().fence(user.id, 6);
      expect(await cache().fill(await marker(), user)).toBe(false);
    });

    it('takes no marker that was made up', async () => {
      await marker();
      expect(await cache().fill('', user)).toBe(false);
      expect(await cache().fill('made-up', user)).toBe(false);
    });
  });
};
