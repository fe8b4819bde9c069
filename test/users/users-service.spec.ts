import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { usersRig, type UsersRig } from './users-rig.js';

describe.each([
  ['on PostgreSQL alone', false],
  ['with the cache in Redis', true],
])('users %s', (_name, isWithRedis) => {
  let rig: UsersRig;
  beforeAll(async () => {
    rig = await usersRig({ isWithRedis });
  });
  afterAll(() => rig?.close());

  it('answers a new account as it was stored', async () => {
    const made = await rig.add({ email: ' Ada@Example.TEST ', username: 'Ada', displayName: '  Ada Lovelace ', locale: 'en-gb' });
    expect(made.dto).toMatchObject({ email: 'Ada@Example.TEST', username: 'ada', displayName: 'Ada Lovelace', locale: 'en-GB', version: 1, roles: [], disabled: false });
    expect(made.recipe.initials).toBe('AL');
    expect(await rig.users.snapshot(made.userId)).toEqual(made);
    expect(await rig.users.snapshot(made.userId)).toEqual(made);
  });
});
