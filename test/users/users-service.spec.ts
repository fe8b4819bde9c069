import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { hash } from '@node-rs/argon2';
import { PIPELINE_VERSION } from '../../src/modules/users/index.js';
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

  it('signs in by email or username in any case, and by nothing else', async () => {
    const password = 'correct horse battery';
    const made = await rig.add({ email: 'Signs.In@example.test', username: 'signsin', password });
    for (const identifier of ['signs.in@EXAMPLE.test', ' SignsIn ', 'signsin']) expect(await rig.users.authenticate(identifier, password)).toEqual(made);
    for (const identifier of ['signs.in', 'nobody', 'nobody@example.test', '', 'a\u0000', '\ud800@x']) expect(await rig.users.authenticate(identifier, password)).toBeNull();
    expect(await rig.users.authenticate('signsin', `${password} `)).toBeNull();
    expect(await rig.users.verifyPassword(made.userId, password)).toBe(true);
    expect(await rig.users.verifyPassword(made.userId, 'wrong')).toBe(false);
  });

  it('lets nobody in by a password who has none', async () => {
    const made = await rig.add();
    expect(await rig.users.authenticate(made.dto.username, '')).toBeNull();
    expect(await rig.users.verifyPassword(made.userId, 'anything at all')).toBe(false);
  });

  it('hashes anew at sign-in what was hashed with other parameters', async () => {
    const made = await rig.add();
    const weak = await hash('correct horse battery', { memoryCost: 8192, timeCost: 1, parallelism: 1 });
    await rig.observer.query('UPDATE users SET password_hash = $1 WHERE id = $2', [weak, made.userId]);
    expect(await rig.users.authenticate(made.dto.email, 'wrong')).toBeNull();
    expect((await rig.users.credentials(made.dto.email))?.passwordHash).toBe(weak);
    expect(await rig.users.authenticate(made.dto.email, 'correct horse battery')).toEqual(made);
    expect((await rig.users.credentials(made.dto.email))?.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
    expect(await rig.users.authenticate(made.dto.email, 'correct horse battery')).toEqual(made);
  });

  it('shows another picture from the change on, and the generated one again without it', async () => {
    const made = await rig.add({ displayName: 'Ada Lovelace' });
    const key = 'cd'.repeat(32);
    const heard: unknown[] = [];
    rig.bus.on('avatar.changed', 'beforeAnswer', (payload) => void (payload.userId === made.userId && heard.push(payload)));
    const put = await rig.users.changeAvatar(made.userId, { key });
    expect(put).toMatchObject({ version: 2, pictureKey: key, dto: { avatar: { kind: 'uploaded', version: `u${PIPELINE_VERSION}-${key}` } } });
    expect((await rig.users.changeAvatar(made.userId, { key })).version).toBe(2);
    const removed = await rig.users.changeAvatar(made.userId, null);
    expect(removed.dto.avatar).toEqual(made.dto.avatar);
    expect((await rig.users.changeAvatar(made.userId, null)).version).toBe(3);
    expect(heard.filter((payload) => (payload as { key: string | null; supersededKey: string | null }).key !== (payload as { supersededKey: string | null }).supersededKey)).toEqual([
      { userId: made.userId, version: 2, key, supersededKey: null },
      { userId: made.userId, version: 3, key: null, supersededKey: key },
    ]);
  });

  it('refuses a picture whose precondition fails, under the lock', async () => {
    const made = await rig.add();
    const refused = rig.users.changeAvatar(made.userId, { key: 'ef'.repeat(32) }, (current) => {
      throw new Error(`not at version ${current.version}`);
    });
    await expect(refused).rejects.toThrow('not at version 1');
    expect(await rig.users.snapshot(made.userId)).toEqual(made);
  });

  it('knows what a generated picture shows as long as somebody is shown with it', async () => {
    const made = await rig.add({ displayName: 'Grace Hopper' });
    expect(await rig.users.generatedRecipe(made.generatedKey)).toEqual(made.recipe);
    expect(await rig.users.generatedRecipe('0'.repeat(32))).toBeNull();
  });

  it('answers 404 for changes of nobody', async () => {
    const nobody = '01938f3c-7a10-7c3e-9a52-000000000000';
    await expect(rig.users.changeAvatar(nobody, null)).rejects.toMatchObject({ code: 'user.not_found' });
    await expect(rig.users.raiseSessionEpoch(nobody, null)).rejects.toMatchObject({ code: 'user.not_found' });
    expect(await rig.users.snapshot(nobody)).toBeNull();
  });
});
